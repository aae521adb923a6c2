package cubeflight;

import static cubeflight.Gateways.demo;
import static cubeflight.Gateways.rows;
import static cubeflight.Gateways.said;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.Collections;
import java.util.List;
import java.util.TimeZone;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Statements as they are: values, types, ends and errors. */
class StatementTest {
    /** Every order beside every nation and flag: more than a million rows. */
    private static final String MANY =
            """
            SELECT o.orderkey, o.clerk, f.customer_nation, f.returnflag
            FROM (SELECT orderkey, clerk FROM orders) AS o
            CROSS JOIN (SELECT customer_nation, returnflag FROM sales GROUP BY 1, 2) AS f
            """;

    /** What takes long before its first row. */
    private static final String SLOW =
            "SELECT reverse(repeat(concat(clerk, customer_nation), 150)) AS text FROM (%s) AS m ORDER BY 1 LIMIT 1"
                    .formatted(MANY);

    private static Connection connection;

    @BeforeAll
    static void connect() throws SQLException {
        connection = demo();
    }

    @AfterAll
    static void close() throws SQLException {
        connection.close();
    }

    @Test
    void everyTypeHasItsGetter() throws SQLException {
        String sql =
                """
                SELECT CAST(7 AS BIGINT) AS n, CAST(-1.50 AS DECIMAL(5, 2)) AS d, 0.1e0 AS f, 'ä☃' AS t, TRUE AS b,
                       DATE '2024-02-29' AS day, TIMESTAMP '2024-07-01 12:34:56.789' AS moment
                """;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertTrue(row.next());
            assertEquals(7L, row.getLong("n"));
            assertEquals(7, row.getInt("n"));
            assertEquals("7", row.getString("n"));
            assertEquals(new BigDecimal("-1.50"), row.getBigDecimal("d"));
            assertEquals("-1.50", row.getString("d"));
            assertEquals(0.1, row.getDouble("f"));
            assertEquals("ä☃", row.getString("t"));
            assertTrue(row.getBoolean("b"));
            assertEquals(Date.valueOf("2024-02-29"), row.getDate("day"));
            assertEquals("2024-02-29", row.getString("day"));
            // The wall clock is the same in every zone, for those who do not ask for the driver's default one.
            Calendar utc = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
            assertEquals(Timestamp.valueOf("2024-07-01 12:34:56.789"), row.getTimestamp("moment", utc));
            assertEquals(LocalDateTime.parse("2024-07-01T12:34:56.789"), row.getObject("moment", LocalDateTime.class));
            assertEquals("2024-07-01 12:34:56.789", row.getString("moment"));
            assertFalse(row.next());
        }
    }

    @Test
    void nullIsNullWhateverItsType() throws SQLException {
        String sql =
                """
                SELECT CAST(NULL AS BIGINT) AS n, CAST(NULL AS DECIMAL(5, 2)) AS d, CAST(NULL AS DOUBLE) AS f,
                       CAST(NULL AS VARCHAR) AS t, CAST(NULL AS BOOLEAN) AS b, CAST(NULL AS DATE) AS day,
                       CAST(NULL AS TIMESTAMP) AS moment, NULL AS untyped
                """;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertTrue(row.next());
            for (int column = 1; column <= 8; column++) {
                assertNull(row.getObject(column));
                assertNull(row.getString(column));
                assertTrue(row.wasNull());
            }
            assertEquals(0, row.getLong("n"));
            assertTrue(row.wasNull());
            assertNull(row.getBigDecimal("d"));
            assertNull(row.getTimestamp("moment"));
        }
    }

    @Test
    void columnsAreDescribed() throws SQLException {
        String sql =
                """
                SELECT orderkey, clerk, orderdate, DATE_TRUNC('month', orderdate) AS month, order_price,
                       order_price > 1000 AS large, CAST(order_price AS DOUBLE) AS price
                FROM orders LIMIT 1
                """;
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            ResultSetMetaData columns = found.getMetaData();
            List<String> described = new ArrayList<>();
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                described.add(columns.getColumnLabel(i) + " " + columns.getColumnTypeName(i));
            }
            assertEquals(
                    List.of(
                            "orderkey BIGINT",
                            "clerk VARCHAR",
                            "orderdate DATE",
                            "month TIMESTAMP",
                            "order_price DECIMAL",
                            "large BOOLEAN",
                            "price DOUBLE"),
                    described);
            assertEquals(Types.DECIMAL, columns.getColumnType(5));
            assertEquals(List.of(15, 2), List.of(columns.getPrecision(5), columns.getScale(5)));
        }
    }

    @Test
    void whatHasNoRowsHasColumns() throws SQLException {
        for (String sql : List.of("SELECT orderkey FROM orders WHERE 1 = 0", "SELECT clerk FROM orders LIMIT 0")) {
            // The driver lists the columns of a plain statement twice when no row comes, so tools prepare such probes.
            try (PreparedStatement statement = connection.prepareStatement(sql);
                    ResultSet found = statement.executeQuery()) {
                assertEquals(1, statement.getMetaData().getColumnCount());
                assertEquals(1, found.getMetaData().getColumnCount());
                assertFalse(found.next());
            }
            assertEquals(List.of(), rows(connection, sql));
        }
    }

    @Test
    void executeTellsThatThereAreRows() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            assertTrue(statement.execute("SELECT 1 AS one"));
            assertEquals(-1, statement.getUpdateCount());
            assertEquals(List.of(List.of(1L)), rows(statement.getResultSet()));
            assertFalse(statement.getMoreResults());
        }
    }

    @Test
    void aMillionRowsArriveWhole() throws SQLException {
        long rows = 0;
        long keys = 0;
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(MANY)) {
            while (found.next()) {
                rows++;
                keys += found.getLong(1);
            }
        }
        assertEquals(15_000 * 25 * 3, rows);
        long once = 0;
        for (List<Object> order : rows(connection, "SELECT orderkey FROM orders")) {
            once += (Long) order.get(0);
        }
        assertEquals(once * 25 * 3, keys);
    }

    @Test
    void asManyRowsAsAreAskedFor() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(10);
            statement.setFetchSize(3);
            try (ResultSet found = statement.executeQuery("SELECT clerk FROM orders")) {
                assertEquals(10, rows(found).size());
            }
        }
    }

    @Test
    void aResultMayBeClosedBeforeItsEnd() throws SQLException {
        for (int i = 0; i < 5; i++) {
            try (Statement statement = connection.createStatement();
                    ResultSet found = statement.executeQuery(MANY)) {
                assertTrue(found.next());
            }
        }
        assertEquals(List.of(List.of(1L)), rows(connection, "SELECT 1 AS one"));
    }

    @Test
    void aCancelledStatementEndsAndTheConnectionGoesOn() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            ResultSet found = statement.executeQuery(MANY);
            assertTrue(found.next());
            statement.cancel();
            assertThrows(SQLException.class, () -> {
                while (found.next()) {
                    found.getLong(1);
                }
            });
        }
        assertEquals(List.of(List.of(1L)), rows(connection, "SELECT 1 AS one"));
    }

    @Test
    void aStatementThatHasNoRowYetIsCancelledToo() throws Exception {
        ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
        try (Statement statement = connection.createStatement()) {
            Callable<Void> cancel = () -> {
                statement.cancel();
                return null;
            };
            Future<Void> cancelled = later.schedule(cancel, 300, TimeUnit.MILLISECONDS);
            String said = said(assertThrows(SQLException.class, () -> statement.executeQuery(SLOW)));
            assertTrue(said.contains("Cancelling"), said);
            cancelled.get();
        } finally {
            later.shutdown();
        }
        assertEquals(List.of(List.of(1L)), rows(connection, "SELECT 1 AS one"));
    }

    @Test
    void aStatementEndsWithItsTime() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            String said = said(assertThrows(SQLException.class, () -> statement.executeQuery(SLOW)));
            assertTrue(said.contains("timed out"), said);
        }
    }

    @Test
    void oneConnectionServesSeveralThreads() throws Exception {
        String sql = "SELECT shipmode, MEASURE(revenue) FROM sales GROUP BY 1 ORDER BY 1";
        List<List<Object>> expected = rows(connection, sql);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<List<List<Object>>> ask = () -> rows(connection, sql);
            for (Future<List<List<Object>>> answer : threads.invokeAll(Collections.nCopies(8, ask))) {
                assertEquals(expected, answer.get());
            }
        } finally {
            threads.shutdown();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT revenu FROM sales|did you mean `revenue`",
                "SELECT MEASURE(count) FROM sale|did you mean `sales`",
                "SELECT returnflag, revenue FROM sales GROUP BY 1|write MEASURE(revenue)",
                "SELECT 1 / 0|division by zero",
                "SELEC 1|SELEC",
                "DROP TABLE sales|there is no temporary table `sales`",
            })
    void errorsSayWhatIsWrong(String sql, String expected) {
        String said = said(assertThrows(SQLException.class, () -> rows(connection, sql)));
        assertTrue(said.contains(expected), said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETE FROM orders", "INSERT INTO orders VALUES (1)", "CREATE TABLE t (a INT)"})
    void nothingWrites(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            assertThrows(SQLException.class, () -> statement.executeUpdate(sql));
        }
    }

    @Test
    void thereAreNoTransactions() throws SQLException {
        assertTrue(connection.getAutoCommit());
        assertFalse(connection.getMetaData().supportsTransactions());
        assertEquals(Connection.TRANSACTION_NONE, connection.getMetaData().getDefaultTransactionIsolation());
    }
}
