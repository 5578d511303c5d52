/** An alert as it goes to Kafka. */
public class Alert {
    public String alertId;
    public String ruleId;
    public String severity;
    public String userId;
    public String eventId;

    public Alert() {}

    public Alert(String alertId, String ruleId, String severity, Event event) {
        this.alertId = alertId;
        this.ruleId = ruleId;
        this.severity = severity;
        this.userId = event.userId;
        this.eventId = event.eventId;
    }
}
