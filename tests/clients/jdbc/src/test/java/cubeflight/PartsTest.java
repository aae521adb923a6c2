package cubeflight;

import static cubeflight.Gateways.properties;
import static cubeflight.Gateways.rows;
import static cubeflight.Gateways.url;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of several endpoints. */
class PartsTest {
    private static final String BY_DAY =
            "SELECT shipdate, shipmode, MEASURE(min_price) AS low FROM sales GROUP BY 1, 2";

    private static List<String> read(String... settings) throws SQLException {
        try (Connection connection =
                DriverManager.getConnection(
                        url("USERS"),
                        properties("user", "ann", "password", "correct horse", "useEncryption", "false"))) {
            for (String setting : settings) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute(setting);
                }
            }
            return rows(connection, BY_DAY).stream().map(Object::toString).sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "reuse"})
    void allPartsAreRead(String location) throws SQLException {
        List<String> expected = read();
        assertTrue(expected.size() > 1000);
        assertEquals(expected, read("SET endpoints = 8", "SET endpoint_location = " + location));
    }
}
