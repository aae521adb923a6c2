package cubeflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same statements have the same answers here as through ADBC: {@code NAME.sql} was asked there, and {@code
 * NAME.answer} is what came.
 */
class AnswersTest {
    private static final Path ASKED = Path.of(Gateways.told("ANSWERS"));
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS");

    private static Connection connection;

    @BeforeAll
    static void connect() throws SQLException {
        connection = Gateways.demo();
    }

    @AfterAll
    static void close() throws SQLException {
        connection.close();
    }

    static List<String> statements() throws IOException {
        try (Stream<Path> files = Files.list(ASKED)) {
            List<String> names =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".sql"))
                            .map(name -> name.substring(0, name.length() - 4))
                            .sorted()
                            .toList();
            assertTrue(names.size() > 20, "the statements were not found");
            return names;
        }
    }

    @ParameterizedTest
    @MethodSource("statements")
    void asThroughAdbc(String name) throws SQLException, IOException {
        String sql = Files.readString(ASKED.resolve(name + ".sql"));
        String expected = Files.readString(ASKED.resolve(name + ".answer"));
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            if (expected.lines().count() == 1) {
                // Where no row comes, the driver lists the columns of a plain statement twice.
                assertFalse(found.next());
            } else {
                assertAnswer(sql, expected, found);
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet found = statement.executeQuery()) {
            assertAnswer(sql, expected, found);
        }
    }

    /** Rows have no order but one that was asked for. */
    private static void assertAnswer(String sql, String expected, ResultSet found) throws SQLException {
        boolean isOrdered = sql.toUpperCase(Locale.ROOT).contains("ORDER BY");
        assertEquals(lines(expected, isOrdered), lines(written(found), isOrdered));
    }

    private static List<String> lines(String answer, boolean isOrdered) {
        return isOrdered ? answer.lines().toList() : answer.lines().sorted().toList();
    }

    /** A line of names, then a line per row; test_jdbc.py writes the same of an Arrow table. */
    private static String written(ResultSet found) throws SQLException {
        ResultSetMetaData columns = found.getMetaData();
        List<String> cells = new ArrayList<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            cells.add(columns.getColumnLabel(i));
        }
        StringBuilder text = new StringBuilder(String.join("\t", cells)).append('\n');
        while (found.next()) {
            for (int i = 1; i <= cells.size(); i++) {
                cells.set(i - 1, cell(found, i, columns.getColumnType(i)));
            }
            text.append(String.join("\t", cells)).append('\n');
        }
        return text.toString();
    }

    private static String cell(ResultSet row, int i, int type) throws SQLException {
        if (row.getObject(i) == null) {
            return "NULL";
        }
        return switch (type) {
            // Bits, since languages write fractions differently.
            case Types.DOUBLE -> Long.toHexString(Double.doubleToLongBits(row.getDouble(i)));
            case Types.DECIMAL -> row.getBigDecimal(i).toPlainString();
            case Types.TIMESTAMP -> MOMENT.format(row.getObject(i, LocalDateTime.class));
            default -> row.getString(i).replace("\n", "\\n").replace("\t", "\\t");
        };
    }
}
