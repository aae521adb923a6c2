package cubeflight;

import static cubeflight.Gateways.demo;
import static cubeflight.Gateways.rows;
import static cubeflight.Gateways.said;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.Date;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Prepared statements, with a parameter of each type. */
class PreparedTest {
    private static Connection connection;

    @BeforeAll
    static void connect() throws SQLException {
        connection = demo();
    }

    @AfterAll
    static void close() throws SQLException {
        connection.close();
    }

    /** Gives a statement its parameters. */
    @FunctionalInterface
    interface Binding {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private static Arguments bound(String name, String column, String literal, Binding binding) {
        return Arguments.of(Named.of(name, binding), column, literal);
    }

    /** What is bound, the column that it is compared with, and the same written out. */
    static Stream<Arguments> bindings() {
        String clerk = "Clerk#000000500";
        BigDecimal price = new BigDecimal("150000.25");
        Date day = Date.valueOf("1995-03-31");
        Timestamp moment = Timestamp.valueOf("1995-07-31 12:00:00.5");
        String ofDouble = "CAST(order_price AS DOUBLE) < ?";
        return Stream.of(
                bound("setString", "clerk <> ?", "'Clerk#000000500'", s -> s.setString(1, clerk)),
                bound("setObject of a text", "clerk <> ?", "'Clerk#000000500'", s -> s.setObject(1, clerk)),
                bound("setByte", "orderkey < ?", "100", s -> s.setByte(1, (byte) 100)),
                bound("setShort", "orderkey < ?", "10000", s -> s.setShort(1, (short) 10_000)),
                bound("setInt", "orderkey < ?", "40000", s -> s.setInt(1, 40_000)),
                bound("setLong", "orderkey < ?", "40000", s -> s.setLong(1, 40_000L)),
                bound("setObject of a number", "orderkey < ?", "40000", s -> s.setObject(1, 40_000)),
                bound("setBigDecimal", "order_price < ?", "150000.25", s -> s.setBigDecimal(1, price)),
                bound("setObject of a decimal", "order_price < ?", "150000.25", s -> s.setObject(1, price)),
                bound("setFloat", ofDouble, "150000.5", s -> s.setFloat(1, 150000.5f)),
                bound("setDouble", ofDouble, "150000.25", s -> s.setDouble(1, 150000.25)),
                bound("setBoolean", "(orderkey > 7) = ?", "TRUE", s -> s.setBoolean(1, true)),
                bound("setDate", "orderdate < ?", "DATE '1995-03-31'", s -> s.setDate(1, day)),
                bound("setObject of a date", "orderdate < ?", "DATE '1995-03-31'", s -> s.setObject(1, day)),
                bound(
                        "setTimestamp",
                        "CAST(orderdate AS TIMESTAMP) < ?",
                        "TIMESTAMP '1995-07-31 12:00:00.5'",
                        s -> s.setTimestamp(1, moment)));
    }

    @ParameterizedTest
    @MethodSource("bindings")
    void aParameterIsWhatItSays(Binding binding, String condition, String literal) throws SQLException {
        String sql =
                "SELECT orderstatus, COUNT(DISTINCT orderkey) FROM orders WHERE %s GROUP BY 1 ORDER BY 1"
                        .formatted(condition);
        List<List<Object>> expected = rows(connection, sql.replace("?", literal));
        assertTrue(expected.size() > 0);
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            binding.bind(statement);
            for (int run = 0; run < 2; run++) {
                try (ResultSet found = statement.executeQuery()) {
                    assertEquals(expected, rows(found));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("bindings")
    void nullEqualsNothing(Binding binding, String condition, String literal) throws SQLException {
        String sql = "SELECT MEASURE(count) FROM orders WHERE " + condition;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setNull(1, statement.getParameterMetaData().getParameterType(1));
            try (ResultSet found = statement.executeQuery()) {
                assertEquals(List.of(List.of(0L)), rows(found));
            }
        }
    }

    @Test
    void severalParametersAreBoundAnewForEachRun() throws SQLException {
        String sql =
                """
                SELECT shipmode, MEASURE(revenue), MEASURE(count) FROM sales
                WHERE returnflag = ? AND part_size <= ? AND shipdate >= ? AND line_price > ? GROUP BY 1 ORDER BY 1
                """;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (String flag : List.of("R", "A")) {
                statement.setString(1, flag);
                statement.setInt(2, 25);
                statement.setDate(3, Date.valueOf("1994-01-01"));
                statement.setBigDecimal(4, new BigDecimal("1000.50"));
                String written =
                        sql.replaceFirst("\\?", "'" + flag + "'")
                                .replaceFirst("\\?", "25")
                                .replaceFirst("\\?", "DATE '1994-01-01'")
                                .replaceFirst("\\?", "1000.50");
                try (ResultSet found = statement.executeQuery()) {
                    assertEquals(rows(connection, written), rows(found));
                }
            }
        }
    }

    @Test
    void parametersAreDescribed() throws SQLException {
        String sql =
                """
                SELECT MEASURE(count) FROM sales
                WHERE returnflag = ? AND part_size <= ? AND shipdate < ? AND line_price > ?
                """;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            ParameterMetaData parameters = statement.getParameterMetaData();
            assertEquals(4, parameters.getParameterCount());
            int[] types = {Types.VARCHAR, Types.BIGINT, Types.DATE, Types.DECIMAL};
            for (int i = 0; i < types.length; i++) {
                assertEquals(types[i], parameters.getParameterType(i + 1));
                assertEquals(ParameterMetaData.parameterModeIn, parameters.getParameterMode(i + 1));
            }
            assertEquals("count", statement.getMetaData().getColumnLabel(1));
            assertEquals(Types.BIGINT, statement.getMetaData().getColumnType(1));
        }
    }

    @Test
    void aTextIsNeverReadAsSql() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT ? AS text")) {
            for (String text : List.of("R' OR '1' = '1", "Ünï'\"\\%_☃", "")) {
                statement.setString(1, text);
                try (ResultSet found = statement.executeQuery()) {
                    assertEquals(List.of(List.of(text)), rows(found));
                }
            }
        }
    }

    @Test
    void aLimitIsAParameterToo() throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT orderkey FROM orders ORDER BY 1 LIMIT ?")) {
            statement.setLong(1, 3);
            try (ResultSet found = statement.executeQuery()) {
                assertEquals(List.of(List.of(1L), List.of(2L), List.of(3L)), rows(found));
            }
        }
    }

    @Test
    void aBatchIsNoQuery() throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT MEASURE(count) FROM orders WHERE orderkey = ?")) {
            statement.setLong(1, 1);
            statement.addBatch();
            String said = said(assertThrows(SQLException.class, statement::executeBatch));
            assertTrue(said.contains("reads only"), said);
        }
    }

    @Test
    void aParameterThatIsMissingIsMissed() throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT MEASURE(count) FROM orders WHERE orderkey = ?")) {
            assertThrows(SQLException.class, statement::executeQuery);
        }
        assertEquals(List.of(List.of(1L)), rows(connection, "SELECT 1 AS one"));
    }
}
