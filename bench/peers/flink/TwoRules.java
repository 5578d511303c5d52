import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * What no-password-burst and face-after-remote-session decide for one user, whose events come in the order of event
 * time. The same as two_rules.py, with Flink's keyed state; spans and times are milliseconds.
 */
public class TwoRules extends KeyedProcessFunction<String, Event, Alert> {
    static final Set<String> USED_TYPES =
            Set.of(
                    "debit",
                    "transfer",
                    "instalment",
                    "remote_session_started",
                    "remote_session_ended",
                    "face_verification");

    private static final String BURST = "no-password-burst";
    private static final String REMOTE = "face-after-remote-session";
    private static final long MINUTE = 60_000;
    private static final long WINDOW = 10 * MINUTE;
    private static final long STEP = 30 * MINUTE;
    private static final long SESSION_ENDED_BEFORE = 10 * MINUTE;
    private static final long BURST_COOLDOWN = 30 * MINUTE;
    private static final long REMOTE_COOLDOWN = 60 * MINUTE;
    private static final Set<String> STRICTER_TIERS = Set.of("elderly", "minor");

    /** A no-password debit of the last ten minutes. */
    public static class Debit {
        public long time;
        public long amount;

        public Debit() {}

        Debit(long time, long amount) {
            this.time = time;
            this.amount = amount;
        }
    }

    /** A remote session that began in the last thirty minutes; while it goes on it has no end in sight. */
    public static class Session {
        public long started;
        public String id;
        public long ended = Long.MAX_VALUE;

        public Session() {}

        Session(long started, String id) {
            this.started = started;
            this.id = id;
        }
    }

    private transient ListState<Debit> debits;
    private transient ListState<Session> sessions;
    /** When the last face verification completed its step. */
    private transient ValueState<Long> face;
    /** The period of the last alert, by rule and severity. */
    private transient MapState<String, Long> raised;

    @Override
    public void open(OpenContext context) {
        debits = getRuntimeContext().getListState(new ListStateDescriptor<>("debits", Debit.class));
        sessions = getRuntimeContext().getListState(new ListStateDescriptor<>("sessions", Session.class));
        face = getRuntimeContext().getState(new ValueStateDescriptor<>("face", Long.class));
        raised = getRuntimeContext().getMapState(new MapStateDescriptor<>("raised", String.class, Long.class));
    }

    @Override
    public void processElement(Event event, Context context, Collector<Alert> out) throws Exception {
        switch (event.type) {
            case "debit", "transfer", "instalment" -> pay(event, out);
            case "remote_session_started" -> beginSession(event);
            case "remote_session_ended" -> endSession(event);
            case "face_verification" -> showFace(event, out);
            default -> throw new IllegalArgumentException(event.type);
        }
        Progress.count();
    }

    private void pay(Event event, Collector<Alert> out) throws Exception {
        if (event.type.equals("debit") && "none".equals(event.authMethod) && isBurst(event)) {
            raise(event, BURST, "high", BURST_COOLDOWN, out);
        }
        Long shown = face.value();
        if (shown != null && event.eventTime - shown <= STEP) {
            raise(event, REMOTE, "critical", REMOTE_COOLDOWN, out);
        }
    }

    private boolean isBurst(Event event) throws Exception {
        List<Debit> inWindow = new ArrayList<>();
        for (Debit debit : debits.get()) {
            if (debit.time > event.eventTime - WINDOW) {
                inWindow.add(debit);
            }
        }
        inWindow.add(new Debit(event.eventTime, event.amount));
        debits.update(inWindow);
        boolean strict = event.userTier != null && STRICTER_TIERS.contains(event.userTier);
        long sum = inWindow.stream().mapToLong(debit -> debit.amount).sum();
        return inWindow.size() >= (strict ? 3 : 5) || sum >= (strict ? 30_000 : 100_000);
    }

    private void beginSession(Event event) throws Exception {
        List<Session> kept = new ArrayList<>();
        for (Session session : sessions.get()) {
            if (session.started >= event.eventTime - STEP) {
                kept.add(session);
            }
        }
        kept.add(new Session(event.eventTime, event.sessionId));
        sessions.update(kept);
    }

    private void endSession(Event event) throws Exception {
        List<Session> kept = new ArrayList<>();
        boolean ends = false;
        for (Session session : sessions.get()) {
            if (session.ended == Long.MAX_VALUE && session.id.equals(event.sessionId)) {
                session.ended = event.eventTime;
                ends = true;
            }
            kept.add(session);
        }
        if (ends) {
            sessions.update(kept);
        }
    }

    private void showFace(Event event, Collector<Alert> out) throws Exception {
        if (!"passed".equals(event.result)) {
            return;
        }
        long now = event.eventTime;
        for (Session session : sessions.get()) {
            if (session.started >= now - STEP && session.ended > now - SESSION_ENDED_BEFORE) {
                face.update(now);
                raise(event, REMOTE, "high", REMOTE_COOLDOWN, out);
                return;
            }
        }
    }

    private void raise(Event event, String ruleId, String severity, long cooldown, Collector<Alert> out)
            throws Exception {
        long period = Math.floorDiv(event.eventTime, cooldown);
        String kind = ruleId + " " + severity;
        Long last = raised.get(kind);
        if (last == null || last != period) {
            raised.put(kind, period);
            out.collect(new Alert(AlertIds.of(ruleId, event.userId, severity, period), ruleId, severity, event));
        }
    }
}
