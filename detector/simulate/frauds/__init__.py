"""The frauds of the scenario set, one module each, whose docstring names the roles of its events."""

from detector.simulate.case import Kind
from detector.simulate.frauds.agreement_drain import AGREEMENT_DRAIN
from detector.simulate.frauds.cash_out_merchant import CASH_OUT_MERCHANT
from detector.simulate.frauds.complaint_spike import COMPLAINT_SPIKE
from detector.simulate.frauds.impossible_travel import IMPOSSIBLE_TRAVEL
from detector.simulate.frauds.instalment_cash_out import INSTALMENT_CASH_OUT
from detector.simulate.frauds.lost_phone import LOST_PHONE
from detector.simulate.frauds.malicious_complaints import MALICIOUS_COMPLAINTS
from detector.simulate.frauds.merchant_surge import MERCHANT_SURGE
from detector.simulate.frauds.new_device_debits import NEW_DEVICE_DEBITS
from detector.simulate.frauds.no_password_burst import NO_PASSWORD_BURST
from detector.simulate.frauds.over_limit import OVER_LIMIT
from detector.simulate.frauds.remote_session import REMOTE_SESSION
from detector.simulate.frauds.slow_drip import SLOW_DRIP
from detector.simulate.frauds.sms_sync_takeover import SMS_SYNC_TAKEOVER
from detector.simulate.frauds.uncertified_terminals import UNCERTIFIED_TERMINALS

KINDS: tuple[Kind, ...] = (
    NO_PASSWORD_BURST,
    SLOW_DRIP,
    OVER_LIMIT,
    AGREEMENT_DRAIN,
    REMOTE_SESSION,
    SMS_SYNC_TAKEOVER,
    NEW_DEVICE_DEBITS,
    LOST_PHONE,
    IMPOSSIBLE_TRAVEL,
    INSTALMENT_CASH_OUT,
    CASH_OUT_MERCHANT,
    MERCHANT_SURGE,
    UNCERTIFIED_TERMINALS,
    COMPLAINT_SPIKE,
    MALICIOUS_COMPLAINTS,
)
