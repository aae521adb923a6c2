package cubeflight;

import static cubeflight.Gateways.demo;
import static cubeflight.Gateways.rows;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What DBeaver, Tableau and other tools ask about before they write a statement. */
class MetaDataTest {
    private static Connection connection;
    private static DatabaseMetaData metaData;

    @BeforeAll
    static void connect() throws SQLException {
        connection = demo();
        metaData = connection.getMetaData();
    }

    @AfterAll
    static void close() throws SQLException {
        connection.close();
    }

    /** Everything that is asked without an argument. */
    static Stream<String> questions() {
        return Arrays.stream(DatabaseMetaData.class.getMethods())
                .filter(method -> method.getParameterCount() == 0 && !Modifier.isStatic(method.getModifiers()))
                .map(Method::getName)
                .sorted();
    }

    @ParameterizedTest
    @MethodSource("questions")
    void everyQuestionHasAnAnswer(String question) throws ReflectiveOperationException {
        Method method = DatabaseMetaData.class.getMethod(question);
        assertDoesNotThrow(() -> {
            Object answer = method.invoke(metaData);
            if (answer instanceof ResultSet) {
                rows((ResultSet) answer);
                ((ResultSet) answer).close();
            }
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "getDatabaseProductName|Cubeflight",
                "getIdentifierQuoteString|\"",
                "getSearchStringEscape|\\",
                "getCatalogSeparator|.",
                "getCatalogTerm|catalog",
                "getSchemaTerm|schema",
                "getSQLKeywords|EXPLAIN, ILIKE, LIMIT, MEASURE, OFFSET, QUALIFY",
                "getMaxStatementLength|1048576",
                "getMaxColumnsInSelect|0",
                "isReadOnly|true",
                "isCatalogAtStart|true",
                "allTablesAreSelectable|true",
                "nullPlusNonNullIsNull|true",
                "supportsMixedCaseQuotedIdentifiers|true",
                "supportsANSI92EntryLevelSQL|true",
                "supportsANSI92FullSQL|false",
                "supportsCoreSQLGrammar|true",
                "supportsColumnAliasing|true",
                "supportsTableCorrelationNames|true",
                "supportsGroupBy|true",
                "supportsGroupByBeyondSelect|true",
                "supportsGroupByUnrelated|true",
                "supportsOrderByUnrelated|true",
                "supportsExpressionsInOrderBy|true",
                "supportsLikeEscapeClause|true",
                "supportsUnion|true",
                "supportsUnionAll|true",
                "supportsOuterJoins|true",
                "supportsLimitedOuterJoins|true",
                "supportsFullOuterJoins|true",
                "supportsSubqueriesInIns|true",
                "supportsSubqueriesInComparisons|true",
                "supportsSubqueriesInQuantifieds|true",
                "supportsCorrelatedSubqueries|true",
                "supportsTransactions|false",
                "supportsSavepoints|false",
                "supportsBatchUpdates|false",
                "supportsStoredProcedures|false",
                "supportsSelectForUpdate|false",
                "supportsPositionedUpdate|false",
                "supportsAlterTableWithAddColumn|false",
            })
    void answersAreTrue(String question, String expected) throws ReflectiveOperationException {
        assertEquals(expected, String.valueOf(DatabaseMetaData.class.getMethod(question).invoke(metaData)));
    }

    @Test
    void functionsAreListed() throws SQLException {
        for (String[] listed :
                new String[][] {
                    {metaData.getNumericFunctions(), "ROUND"},
                    {metaData.getStringFunctions(), "SUBSTRING"},
                    {metaData.getSystemFunctions(), "COALESCE"},
                    {metaData.getTimeDateFunctions(), "DATE_TRUNC"},
                }) {
            assertTrue(List.of(listed[0].split(", ")).contains(listed[1]), listed[0]);
        }
    }

    @Test
    void cubesAreTablesAndViewsAreViews() throws SQLException {
        assertEquals(List.of(List.of("cube")), rows(metaData.getCatalogs(), "TABLE_CAT"));
        assertEquals(List.of(List.of("public", "cube")), rows(metaData.getSchemas(), "TABLE_SCHEM", "TABLE_CATALOG"));
        assertEquals(List.of(List.of("public")), rows(metaData.getSchemas("cube", "pub%"), "TABLE_SCHEM"));
        assertEquals(
                List.of(List.of("LOCAL TEMPORARY"), List.of("TABLE"), List.of("VIEW")),
                rows(metaData.getTableTypes(), "TABLE_TYPE"));
        assertEquals(
                List.of(List.of("cube", "public", "sales", "VIEW")),
                rows(metaData.getTables(null, null, "%", new String[] {"VIEW"}),
                        "TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE"));
        assertEquals(11, rows(metaData.getTables("cube", "public", null, null), "TABLE_NAME").size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cube|public|part|part",
                "cube|public|part%|part,partsupp",
                "cube|public|part____|partsupp",
                "cube|pub_ic|%region|region",
                "cube|public|customer\\_nation|customer_nation",
                "cube|public|supplier\\_%|supplier_nation",
                "cube|public|parts\\_pp|",
                "cube|none|%|",
                "none|public|%|",
            })
    void patternsSelectTables(String catalog, String schema, String pattern, String expected) throws SQLException {
        List<String> found =
                rows(metaData.getTables(catalog, schema, pattern, null), "TABLE_NAME").stream()
                        .map(row -> (String) row.get(0))
                        .toList();
        assertEquals(expected == null ? List.of() : List.of(expected.split(",")), found);
    }

    @Test
    void columnsSayWhatTheyAre() throws SQLException {
        assertEquals(
                List.of(
                        List.of("count", Types.BIGINT, "BIGINT", 19, 0, "NO", 1),
                        List.of("total_price", Types.DECIMAL, "DECIMAL", 25, 2, "YES", 2)),
                rows(
                        metaData.getColumns("cube", "public", "orders", "%o%t%"),
                        "COLUMN_NAME",
                        "DATA_TYPE",
                        "TYPE_NAME",
                        "COLUMN_SIZE",
                        "DECIMAL_DIGITS",
                        "IS_NULLABLE",
                        "ORDINAL_POSITION")
                        .subList(0, 2));
        List<List<Object>> types =
                rows(metaData.getColumns(null, null, "sales", null), "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME");
        for (List<Object> expected :
                List.<List<Object>>of(
                        List.of("avg_price", Types.DOUBLE, "DOUBLE"),
                        List.of("shipdate", Types.DATE, "DATE"),
                        List.of("shipmode", Types.VARCHAR, "VARCHAR"),
                        List.of("late", Types.BOOLEAN, "BOOLEAN"))) {
            assertTrue(types.contains(expected), expected + " in " + types);
        }
    }

    @Test
    void columnsAreExplained() throws SQLException {
        assertEquals(
                List.of(List.of("Order value: Value of the orders that the line items belong to")),
                rows(metaData.getColumns(null, "public", "sales", "order_value"), "REMARKS"));
    }

    @Test
    void everyColumnThatIsListedIsThere() throws SQLException {
        for (List<Object> table : rows(metaData.getTables(null, null, "%", null), "TABLE_NAME")) {
            ResultSet columns = metaData.getColumns(null, null, (String) table.get(0), "%");
            assertTrue(rows(columns, "COLUMN_NAME").size() > 0, table.toString());
        }
    }

    @Test
    void keysAreThoseOfTheModel() throws SQLException {
        assertEquals(
                List.of(List.of("orders", "orderkey", (short) 1)).toString(),
                rows(metaData.getPrimaryKeys(null, null, "orders"), "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ").toString());
        String[] key = {"PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ"};
        String expected = "[[customer, custkey, orders, custkey, 1]]";
        assertEquals(expected, rows(metaData.getImportedKeys("cube", "public", "orders"), key).toString());
        assertEquals(expected, rows(metaData.getExportedKeys(null, null, "customer"), key).toString());
        assertEquals(
                expected,
                rows(metaData.getCrossReference(null, null, "customer", "cube", "public", "orders"), key).toString());
        assertEquals("[]", rows(metaData.getCrossReference(null, null, "part", null, null, "orders"), key).toString());
        assertEquals("[]", rows(metaData.getImportedKeys(null, null, "region"), key).toString());
    }

    @Test
    void whatIsNotThereIsEmpty() throws SQLException {
        for (ResultSet found :
                List.of(
                        metaData.getProcedures(null, null, null),
                        metaData.getFunctions(null, null, null),
                        metaData.getIndexInfo(null, null, "orders", false, true),
                        metaData.getBestRowIdentifier(null, null, "orders", DatabaseMetaData.bestRowSession, true),
                        metaData.getVersionColumns(null, null, "orders"),
                        metaData.getTablePrivileges(null, null, null),
                        metaData.getColumnPrivileges(null, null, "orders", null),
                        metaData.getUDTs(null, null, null, null),
                        metaData.getSuperTables(null, null, null),
                        metaData.getPseudoColumns(null, null, null, null))) {
            try (found) {
                assertEquals(List.of(), rows(found));
            }
        }
    }

    @Test
    void resultsAreReadOnceAndForward() throws SQLException {
        assertTrue(metaData.supportsResultSetType(ResultSet.TYPE_FORWARD_ONLY));
        assertTrue(metaData.supportsTransactionIsolationLevel(Connection.TRANSACTION_NONE));
    }
}
