import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.java.utils.ParameterTool;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.formats.json.JsonDeserializationSchema;
import org.apache.flink.formats.json.JsonSerializationSchema;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.PropertyNamingStrategies;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The two rules as a Flink job: a source, a keyed function, a sink, in a local environment.
 *
 * <p>Arguments: --brokers, --topic, --alerts, --group, --progress FILE, --parallelism N, --backend rocksdb (with
 * --checkpoints URI and --checkpoint-ms N, how far apart they are) or heap.
 */
public final class TwoRulesJob {
    private TwoRulesJob() {}

    public static void main(String[] args) throws Exception {
        ParameterTool given = ParameterTool.fromArgs(args);
        Progress.keep(given.getRequired("progress"));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(configuration(given));
        env.setParallelism(given.getInt("parallelism"));
        env.fromSource(source(given), WatermarkStrategy.noWatermarks(), "events")
                .filter(TwoRulesJob::isUsed)
                .keyBy(event -> event.userId)
                .process(new TwoRules())
                .sinkTo(sink(given));
        env.execute("two rules");
    }

    private static Configuration configuration(ParameterTool given) {
        Configuration configuration = new Configuration();
        switch (given.getRequired("backend")) {
            case "rocksdb" -> {
                configuration.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
                configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
                Duration apart = Duration.ofMillis(given.getLong("checkpoint-ms"));
                configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, apart);
                configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, given.getRequired("checkpoints"));
            }
            case "heap" -> configuration.set(StateBackendOptions.STATE_BACKEND, "hashmap");
            default -> throw new IllegalArgumentException("--backend is rocksdb or heap");
        }
        return configuration;
    }

    private static KafkaSource<Event> source(ParameterTool given) {
        return KafkaSource.<Event>builder()
                .setBootstrapServers(given.getRequired("brokers"))
                .setTopics(given.getRequired("topic"))
                .setGroupId(given.getRequired("group"))
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setValueOnlyDeserializer(new JsonDeserializationSchema<>(Event.class, TwoRulesJob::mapper))
                .build();
    }

    private static KafkaSink<Alert> sink(ParameterTool given) {
        return KafkaSink.<Alert>builder()
                .setBootstrapServers(given.getRequired("brokers"))
                .setRecordSerializer(
                        KafkaRecordSerializationSchema.<Alert>builder()
                                .setTopic(given.getRequired("alerts"))
                                .setKeySerializationSchema(
                                        (Alert alert) -> alert.userId.getBytes(StandardCharsets.UTF_8))
                                .setValueSerializationSchema(new JsonSerializationSchema<>(TwoRulesJob::mapper))
                                .build())
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .build();
    }

    /** What neither rule uses is done here. */
    private static boolean isUsed(Event event) {
        boolean isUsed = TwoRules.USED_TYPES.contains(event.type);
        if (!isUsed) {
            Progress.count();
        }
        return isUsed;
    }

    private static ObjectMapper mapper() {
        return new ObjectMapper()
                .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
    }
}
