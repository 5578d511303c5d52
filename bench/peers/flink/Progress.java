import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the events that are done, and keeps a file that says how many: 20 digits and a line's end. */
final class Progress {
    private static final AtomicLong EVENTS = new AtomicLong();
    private static final long EVERY_MS = 50;

    private Progress() {}

    static void count() {
        EVENTS.incrementAndGet();
    }

    /** Write the file now and every 50 ms, for as long as the process lives. */
    static void keep(String path) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path, "rw");
        write(file);
        Thread thread = new Thread(() -> keepWriting(file), "progress");
        thread.setDaemon(true);
        thread.start();
    }

    private static void keepWriting(RandomAccessFile file) {
        try {
            while (true) {
                Thread.sleep(EVERY_MS);
                write(file);
            }
        } catch (IOException | InterruptedException error) {
            throw new IllegalStateException("the progress cannot be told any more", error);
        }
    }

    private static void write(RandomAccessFile file) throws IOException {
        file.seek(0);
        file.write(String.format("%020d%n", EVENTS.get()).getBytes(StandardCharsets.US_ASCII));
    }
}
