package cubeflight;

import static cubeflight.Gateways.properties;
import static cubeflight.Gateways.rows;
import static cubeflight.Gateways.said;
import static cubeflight.Gateways.told;
import static cubeflight.Gateways.url;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/** A catalog in the URL, which the driver sets as an option of the session. */
class CatalogTest {
    private static Connection in(String catalog) throws SQLException {
        Properties properties = properties("token", told("TOKEN"), "useEncryption", "false");
        return DriverManager.getConnection(url("DEMO") + "?catalog=" + catalog, properties);
    }

    @Test
    void theOnlyCatalogCanBeNamed() throws SQLException {
        Connection connection = in("cube");
        assertEquals(List.of(List.of(15000L)), rows(connection, "SELECT MEASURE(count) FROM orders"));
        String sql = "SELECT MEASURE(count) FROM cube.public.orders WHERE orderstatus = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, "none");
            try (ResultSet found = statement.executeQuery()) {
                assertEquals(List.of(List.of(0L)), rows(found));
            }
        }
        assertTrue(connection.isValid(10));
        // The driver closes its channel, and then its session once more over that channel.
        String said = said(assertThrows(SQLException.class, connection::close));
        assertTrue(said.contains("Channel shutdown invoked"), said);
    }

    @Test
    void anotherCatalogIsNotThere() {
        String said = said(assertThrows(SQLException.class, () -> in("other")));
        assertTrue(said.contains("Cannot set session option for catalog"), said);
    }
}
