package cubeflight;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;

/** The gateways that test_jdbc.py has started, and ways into them. */
final class Gateways {
    private Gateways() {}

    /** What the tests are told from outside. */
    static String told(String name) {
        return Objects.requireNonNull(System.getenv("CUBEFLIGHT_TEST_" + name), name + " was not told");
    }

    /** The URL of the gateway that `name` tells the host and port of. */
    static String url(String name) {
        return "jdbc:arrow-flight-sql://" + told(name) + "/";
    }

    /** Properties from names and values in turn. */
    static Properties properties(String... namesAndValues) {
        Properties properties = new Properties();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            properties.setProperty(namesAndValues[i], namesAndValues[i + 1]);
        }
        return properties;
    }

    /** A connection to the demo. */
    static Connection demo() throws SQLException {
        return DriverManager.getConnection(
                url("DEMO"), properties("token", told("TOKEN"), "useEncryption", "false"));
    }

    /** The rows of a statement, each a list of values. */
    static List<List<Object>> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            return rows(found);
        }
    }

    /** All rows that are left, each a list of values. */
    static List<List<Object>> rows(ResultSet found) throws SQLException {
        List<List<Object>> rows = new ArrayList<>();
        int columns = found.getMetaData().getColumnCount();
        while (found.next()) {
            Object[] row = new Object[columns];
            for (int i = 0; i < columns; i++) {
                row[i] = found.getObject(i + 1);
            }
            rows.add(Arrays.asList(row));
        }
        return rows;
    }

    /** The values of some columns of all rows that are left. */
    static List<List<Object>> rows(ResultSet found, String... columns) throws SQLException {
        List<List<Object>> rows = new ArrayList<>();
        try (found) {
            while (found.next()) {
                Object[] row = new Object[columns.length];
                for (int i = 0; i < columns.length; i++) {
                    row[i] = found.getObject(columns[i]);
                }
                rows.add(Arrays.asList(row));
            }
        }
        return rows;
    }

    /** Everything that an error says, with what it was caused by. */
    static String said(Throwable error) {
        StringBuilder said = new StringBuilder();
        for (Throwable each = error; each != null; each = each.getCause()) {
            said.append(each.getMessage()).append('\n');
        }
        return said.toString();
    }
}
