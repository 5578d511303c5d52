"""The look-alikes of the scenario set, one module each: what is benign and resembles a fraud.

The shares are beliefs about a real platform, with their reasons in docs/scenarios.md: not tuned to any rule.
"""

from detector.simulate.lookalikes import (
    canteen_guest,
    clumsy_user,
    family_account,
    found_phone,
    honest_complainer,
    lunch_peak,
    moving_house,
    new_merchant,
    new_phone,
    new_terminal,
    outage,
    parent,
    player,
    remote_support,
    sale_day,
    shop_owner,
    subscriptions,
    taxi_driver,
    traveller,
    tunnel_user,
)
from detector.simulate.lookalikes.lookalike import LookAlike
from detector.simulate.lookalikes.rhythm import MONTHLY, WEEKLY, of_adults, of_merchants, of_users

LOOK_ALIKES: tuple[LookAlike, ...] = (
    of_users("family-account", 0.005, family_account.day),
    of_adults("taxi-driver", 0.005, taxi_driver.day),
    of_users("remote-support", 0.005, remote_support.help_over_the_net, MONTHLY),
    of_adults("moving-house", 0.003, moving_house.move, MONTHLY),
    of_users("traveller", 0.06, traveller.flight, MONTHLY),
    of_adults("tunnel-user", 0.001, tunnel_user.day),
    of_users("new-phone", 0.02, new_phone.change, MONTHLY),
    of_users("clumsy-user", 0.01, clumsy_user.struggle, MONTHLY),
    of_adults("parent", 0.01, parent.day),
    of_adults("shop-owner", 0.005, shop_owner.day),
    of_users("honest-complainer", 0.0005, honest_complainer.month, MONTHLY),
    of_users("subscriptions", 0.05, subscriptions.night),
    of_users("canteen-guest", 0.01, canteen_guest.day),
    of_users("player", 0.002, player.evening, WEEKLY),
    of_users("found-phone", 0.0003, found_phone.lost_and_found, MONTHLY),
    of_merchants("sale-day", 0.005, sale_day.sale, MONTHLY),
    of_merchants("new-merchant", 0.005, new_merchant.opening, MONTHLY),
    of_merchants("outage", 0.0005, outage.outage, MONTHLY),
    of_merchants("new-terminal", 0.003, new_terminal.awaiting_certificate, MONTHLY),
    of_merchants("lunch-peak", 0.0005, lunch_peak.day),
)

__all__ = ["LOOK_ALIKES", "LookAlike"]
