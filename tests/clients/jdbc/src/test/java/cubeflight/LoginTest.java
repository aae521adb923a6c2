package cubeflight;

import static cubeflight.Gateways.properties;
import static cubeflight.Gateways.rows;
import static cubeflight.Gateways.said;
import static cubeflight.Gateways.told;
import static cubeflight.Gateways.url;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.apache.arrow.driver.jdbc.ArrowFlightJdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets in, over plain text and TLS. */
class LoginTest {
    private static final String TOKEN = told("TOKEN");

    /** Asks something that only those get an answer to who are let in. */
    private static void letsIn(String url, Properties properties) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, properties)) {
            assertTrue(connection.isValid(10));
            assertEquals(List.of(List.of(15000L)), rows(connection, "SELECT MEASURE(count) FROM orders"));
        }
    }

    private static String refused(String url, Properties properties) {
        return said(assertThrows(SQLException.class, () -> letsIn(url, properties)));
    }

    @Test
    void aTokenIsAProperty() throws SQLException {
        letsIn(url("DEMO"), properties("token", TOKEN, "useEncryption", "false"));
    }

    @Test
    void aTokenIsAPartOfTheUrl() throws SQLException {
        String token = URLEncoder.encode(TOKEN, StandardCharsets.UTF_8);
        letsIn(url("DEMO") + "?useEncryption=false&token=" + token, new Properties());
    }

    @ParameterizedTest
    @CsvSource({"ann,correct horse", "bob,p:ä ss", "dan,secret", "gil,12345"})
    void aUserHasAPassword(String user, String password) throws SQLException {
        letsIn(url("USERS"), properties("user", user, "password", password, "useEncryption", "false"));
    }

    @Test
    void aDataSourceLogsInToo() throws SQLException {
        Properties properties = properties("user", "dan", "password", "secret", "useEncryption", "false");
        String[] address = told("USERS").split(":");
        properties.setProperty("host", address[0]);
        properties.setProperty("port", address[1]);
        ArrowFlightJdbcDataSource source =
                ArrowFlightJdbcDataSource.createNewDataSource(properties);
        try (Connection connection = source.getConnection()) {
            assertEquals(List.of(List.of(1L)), rows(connection, "SELECT 1 AS one"));
        }
    }

    @Test
    void tlsIsVerifiedWithRootsInPem() throws SQLException {
        letsIn(url("TLS"), properties("token", TOKEN, "tlsRootCerts", told("CERTIFICATE")));
        letsIn(url("TLS"), properties("user", "dan", "password", "secret", "tlsRootCerts", told("CERTIFICATE")));
    }

    @Test
    void tlsIsVerifiedWithATrustStore() throws SQLException {
        Properties properties = properties("token", TOKEN, "useSystemTrustStore", "false");
        properties.setProperty("trustStore", told("TRUST_STORE"));
        properties.setProperty("trustStorePassword", "changeit");
        letsIn(url("TLS"), properties);
    }

    @Test
    void tlsNeedNotBeVerified() throws SQLException {
        letsIn(url("TLS"), properties("token", TOKEN, "disableCertificateVerification", "true"));
    }

    @Test
    void aCertificateThatNobodyVouchesForIsNotTrusted() {
        String said = refused(url("TLS"), properties("token", TOKEN));
        assertTrue(said.contains("certification path") || said.contains("UNAVAILABLE"), said);
    }

    @Test
    void plainTextAndTlsDoNotMix() {
        refused(url("TLS"), properties("token", TOKEN, "useEncryption", "false"));
        refused(url("DEMO"), properties("token", TOKEN, "disableCertificateVerification", "true"));
    }

    @Test
    void aBadCredentialIsRefused() {
        String expected = "the credential is not accepted";
        for (String token : List.of("nobody", TOKEN + "x")) {
            String said = refused(url("DEMO"), properties("token", token, "useEncryption", "false"));
            assertTrue(said.contains(expected) && !said.contains(TOKEN), said);
        }
        for (String user : List.of("ann", "nobody")) {
            String said =
                    refused(url("USERS"), properties("user", user, "password", "no", "useEncryption", "false"));
            assertTrue(said.contains(expected), said);
        }
    }

    @Test
    void withoutACredentialOneIsAskedFor() {
        String said = refused(url("DEMO"), properties("useEncryption", "false"));
        assertTrue(said.contains("a credential is required"), said);
    }

    @Test
    void whereNobodyListensThatIsSaid() {
        String said =
                refused("jdbc:arrow-flight-sql://127.0.0.1:1/", properties("token", TOKEN, "useEncryption", "false"));
        assertTrue(said.contains("UNAVAILABLE") || said.contains("Connection refused"), said);
    }
}
