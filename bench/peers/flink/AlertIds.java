import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.bouncycastle.crypto.digests.Blake2bDigest;

/** The ids of alerts, as the detector makes them: 16 bytes of BLAKE2b over what tells alerts apart, as JSON. */
final class AlertIds {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int BITS = 128;

    private AlertIds() {}

    static String of(String ruleId, String userId, String severity, long period) throws JsonProcessingException {
        String parts = MAPPER.writeValueAsString(List.of("alert", ruleId, List.of(userId), severity, period));
        byte[] bytes = parts.getBytes(StandardCharsets.UTF_8);
        Blake2bDigest digest = new Blake2bDigest(BITS);
        digest.update(bytes, 0, bytes.length);
        byte[] id = new byte[digest.getDigestSize()];
        digest.doFinal(id, 0);
        return HexFormat.of().formatHex(id);
    }
}
