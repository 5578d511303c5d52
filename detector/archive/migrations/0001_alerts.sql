DO $$ BEGIN
    -- Asked first, as CREATE SCHEMA IF NOT EXISTS wants the right to create also where nothing is to be made.
    IF to_regnamespace('fraud') IS NULL THEN
        CREATE SCHEMA fraud;
    END IF;
END $$;

CREATE TABLE fraud.migrations (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE fraud.alerts (
    alert_id text PRIMARY KEY,
    revision integer NOT NULL,
    status text NOT NULL CHECK (status IN ('raised', 'withdrawn')),
    case_id text NOT NULL,
    rule_id text NOT NULL,
    rule_version text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('live', 'shadow')),
    severity text NOT NULL,
    action text NOT NULL,
    user_id text,
    merchant_id text,
    user_tier text,
    merchant_tier text,
    amount_at_stake bigint,
    event_time timestamptz NOT NULL,
    detected_at timestamptz NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT now(),
    title_en text NOT NULL,
    title_zh text NOT NULL,
    explanation_en text NOT NULL,
    explanation_zh text NOT NULL,
    entity jsonb NOT NULL,
    anchor jsonb NOT NULL,
    measures jsonb NOT NULL,
    thresholds jsonb NOT NULL,
    evidence jsonb NOT NULL,
    evidence_total integer NOT NULL,
    late boolean NOT NULL,
    approximate boolean NOT NULL
);

CREATE INDEX alerts_by_time ON fraud.alerts (event_time);
CREATE INDEX alerts_by_case ON fraud.alerts (case_id);
-- Hashes, because a B-tree refuses ids of some kilobytes, and others choose the ids.
CREATE INDEX alerts_by_user ON fraud.alerts USING hash (user_id);
CREATE INDEX alerts_by_merchant ON fraud.alerts USING hash (merchant_id);

CREATE TABLE fraud.dispositions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id text NOT NULL REFERENCES fraud.alerts ON DELETE CASCADE,
    disposition text NOT NULL CHECK (disposition IN ('confirmed', 'false_positive', 'unclear')),
    marked_at timestamptz NOT NULL DEFAULT now(),
    marked_by text NOT NULL,
    note text
);

CREATE INDEX dispositions_by_alert ON fraud.dispositions (alert_id, id DESC);

CREATE VIEW fraud.alert_rows AS
SELECT
    alerts.*,
    newest.disposition,
    newest.marked_at,
    newest.marked_by,
    newest.note
FROM fraud.alerts AS alerts
LEFT JOIN (
    SELECT DISTINCT ON (alert_id) alert_id, disposition, marked_at, marked_by, note
    FROM fraud.dispositions
    ORDER BY alert_id, id DESC
) AS newest USING (alert_id);
