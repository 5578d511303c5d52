/** An event as the platform sends it, as far as the two rules look at it. */
public class Event {
    public String eventId;
    public String type;
    public long eventTime;
    public String userId;
    public String userTier;
    public long amount;
    public String authMethod;
    public String sessionId;
    public String result;
}
