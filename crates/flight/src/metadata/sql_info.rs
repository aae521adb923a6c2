//! What the server says of itself: every key of the specification, each with the type that drivers expect.

use std::{collections::BTreeMap, time::Duration};

use arrow_array::RecordBatch;
use arrow_flight::sql::{
    CommandGetSqlInfo, SqlInfo, SqlNullOrdering, SqlOuterJoinsSupportLevel, SqlSupportedCaseSensitivity,
    SqlSupportedGroupBy, SqlSupportedResultSetConcurrency, SqlSupportedResultSetType, SqlSupportedSubqueries,
    SqlSupportedTransaction, SqlSupportedUnions, SqlTransactionIsolationLevel, SupportedSqlGrammar,
    metadata::SqlInfoDataBuilder,
};

use crate::status::CallError;

/// The answer to GetSqlInfo: the asked keys, all when none is asked. Handles of prepared statements live for
/// `handle_ttl`.
pub(crate) fn sql_info(command: &CommandGetSqlInfo, handle_ttl: Duration) -> Result<RecordBatch, CallError> {
    let mut infos = SqlInfoDataBuilder::new();
    for (key, value) in all(handle_ttl) {
        match value {
            Value::Text(text) => infos.append(key, text),
            Value::Truth(truth) => infos.append(key, truth),
            Value::Long(number) => infos.append(key, number),
            Value::Mask(number) => infos.append(key, number),
            Value::Words(words) => infos.append(key, &*words.split(' ').collect::<Vec<_>>()),
            Value::Map => infos.append(key, BTreeMap::<i32, Vec<i32>>::new()),
        }
    }
    let infos = infos.build().map_err(CallError::Metadata)?;
    infos.record_batch(command.info.iter().copied()).map_err(CallError::Metadata)
}

/// The children of the union that values live in.
#[derive(Debug, Clone, Copy)]
enum Value {
    Text(&'static str),
    Truth(bool),
    Long(i64),
    Mask(i32),
    /// A list, with spaces between.
    Words(&'static str),
    /// No type converts to another.
    Map,
}

fn all(handle_ttl: Duration) -> Vec<(SqlInfo, Value)> {
    [server(handle_ttl), language(), functions(), support(), levels(), limits(), transactions()].concat()
}

fn server(handle_ttl: Duration) -> Vec<(SqlInfo, Value)> {
    use SqlInfo as Key;
    let handle_millis = i32::try_from(handle_ttl.as_millis()).unwrap_or(i32::MAX);
    vec![
        (Key::FlightSqlServerName, Value::Text("Cubeflight")),
        (Key::FlightSqlServerVersion, Value::Text(env!("CARGO_PKG_VERSION"))),
        (Key::FlightSqlServerArrowVersion, Value::Text("1.3")),
        (Key::FlightSqlServerReadOnly, Value::Truth(true)),
        (Key::FlightSqlServerSql, Value::Truth(true)),
        (Key::FlightSqlServerSubstrait, Value::Truth(false)),
        (Key::FlightSqlServerSubstraitMinVersion, Value::Text("")),
        (Key::FlightSqlServerSubstraitMaxVersion, Value::Text("")),
        (Key::FlightSqlServerTransaction, Value::Mask(SqlSupportedTransaction::None as i32)),
        (Key::FlightSqlServerCancel, Value::Truth(true)),
        (Key::FlightSqlServerBulkIngestion, Value::Truth(true)),
        (Key::FlightSqlServerIngestTransactionsSupported, Value::Truth(false)),
        (Key::FlightSqlServerStatementTimeout, Value::Mask(handle_millis)),
        (Key::FlightSqlServerTransactionTimeout, Value::Mask(0)),
    ]
}

fn language() -> Vec<(SqlInfo, Value)> {
    use SqlInfo as Key;
    let insensitive = Value::Mask(SqlSupportedCaseSensitivity::SqlCaseSensitivityCaseInsensitive as i32);
    vec![
        (Key::SqlIdentifierCase, insensitive),
        (Key::SqlIdentifierQuoteChar, Value::Text("\"")),
        (Key::SqlQuotedIdentifierCase, insensitive),
        (Key::SqlAllTablesAreSelectable, Value::Truth(true)),
        (Key::SqlNullOrdering, Value::Mask(SqlNullOrdering::SqlNullsSortedHigh as i32)),
        (Key::SqlSearchStringEscape, Value::Text("\\")),
        (Key::SqlExtraNameCharacters, Value::Text("")),
        (Key::SqlSchemaTerm, Value::Text("schema")),
        (Key::SqlProcedureTerm, Value::Text("procedure")),
        (Key::SqlCatalogTerm, Value::Text("catalog")),
        (Key::SqlCatalogAtStart, Value::Truth(true)),
    ]
}

fn functions() -> Vec<(SqlInfo, Value)> {
    use SqlInfo as Key;
    vec![
        (Key::SqlKeywords, Value::Words("EXPLAIN ILIKE LIMIT MEASURE OFFSET QUALIFY")),
        (
            Key::SqlNumericFunctions,
            Value::Words(
                "ABS ACOS ASIN ATAN ATAN2 CEIL CEILING COS COT DEGREES EXP FLOOR GREATEST LEAST LN LOG LOG10 LOG2 \
                 MOD PI POWER RADIANS RAND ROUND SIGN SIGNUM SIN SQRT TAN TRUNC TRUNCATE",
            ),
        ),
        (
            Key::SqlStringFunctions,
            Value::Words(
                "ASCII BTRIM CHAR CHARACTER_LENGTH CHAR_LENGTH CHR CONCAT INITCAP LCASE LEFT LENGTH LOCATE LOWER \
                 LPAD LTRIM OCTET_LENGTH POSITION REPEAT REPLACE REVERSE RIGHT RPAD RTRIM SPACE SPLIT_PART \
                 STARTS_WITH STRPOS SUBSTR SUBSTRING TRIM UCASE UPPER",
            ),
        ),
        (
            Key::SqlSystemFunctions,
            Value::Words("COALESCE CURRENT_DATABASE CURRENT_SCHEMA DATABASE IFNULL NULLIF NVL"),
        ),
        (
            Key::SqlDatetimeFunctions,
            Value::Words(
                "CURDATE CURRENT_DATE CURRENT_TIMESTAMP CURTIME DATEADD DATEDIFF DATE_PART DATE_TRUNC DAY \
                 DAYOFMONTH DAYOFWEEK DAYOFYEAR EXTRACT HOUR LOCALTIMESTAMP MAKE_DATE MINUTE MONTH NOW QUARTER \
                 SECOND TIMESTAMPADD TO_CHAR WEEK YEAR",
            ),
        ),
        (Key::SqlSupportsConvert, Value::Map),
    ]
}

fn support() -> Vec<(SqlInfo, Value)> {
    use SqlInfo as Key;
    [
        (Key::SqlDdlCatalog, false),
        (Key::SqlDdlSchema, false),
        (Key::SqlDdlTable, false),
        (Key::SqlSupportsColumnAliasing, true),
        (Key::SqlNullPlusNullIsNull, true),
        (Key::SqlSupportsTableCorrelationNames, true),
        (Key::SqlSupportsDifferentTableCorrelationNames, false),
        (Key::SqlSupportsExpressionsInOrderBy, true),
        (Key::SqlSupportsOrderByUnrelated, true),
        (Key::SqlSupportsLikeEscapeClause, true),
        (Key::SqlSupportsNonNullableColumns, true),
        (Key::SqlSupportsIntegrityEnhancementFacility, false),
        (Key::SqlSelectForUpdateSupported, false),
        (Key::SqlStoredProceduresSupported, false),
        (Key::SqlCorrelatedSubqueriesSupported, true),
        (Key::SqlMaxRowSizeIncludesBlobs, true),
        (Key::SqlBatchUpdatesSupported, false),
        (Key::SqlSavepointsSupported, false),
        (Key::SqlNamedParametersSupported, false),
        (Key::SqlLocatorsUpdateCopy, false),
        (Key::SqlStoredFunctionsUsingCallSyntaxSupported, false),
    ]
    .map(|(key, value)| (key, Value::Truth(value)))
    .to_vec()
}

fn levels() -> Vec<(SqlInfo, Value)> {
    use SqlInfo as Key;
    // Bit masks over the members of an enumeration.
    let mask = |bits: &[i32]| Value::Mask(bits.iter().fold(0, |mask, bit| mask | (1 << bit)));
    let subqueries = [
        SqlSupportedSubqueries::SqlSubqueriesInComparisons as i32,
        SqlSupportedSubqueries::SqlSubqueriesInExists as i32,
        SqlSupportedSubqueries::SqlSubqueriesInIns as i32,
        SqlSupportedSubqueries::SqlSubqueriesInQuantifieds as i32,
    ];
    let forward = SqlSupportedResultSetType::SqlResultSetTypeForwardOnly as i32;
    let read_only = SqlSupportedResultSetConcurrency::SqlResultSetConcurrencyReadOnly as i32;
    vec![
        (
            Key::SqlSupportedGroupBy,
            mask(&[
                SqlSupportedGroupBy::SqlGroupByUnrelated as i32,
                SqlSupportedGroupBy::SqlGroupByBeyondSelect as i32,
            ]),
        ),
        (
            Key::SqlSupportedGrammar,
            mask(&[
                SupportedSqlGrammar::SqlMinimumGrammar as i32,
                SupportedSqlGrammar::SqlCoreGrammar as i32,
            ]),
        ),
        // Entry level, whose enumeration the crate does not export.
        (Key::SqlAnsi92SupportedLevel, mask(&[0])),
        (
            Key::SqlOuterJoinsSupportLevel,
            mask(&[
                SqlOuterJoinsSupportLevel::SqlLimitedOuterJoins as i32,
                SqlOuterJoinsSupportLevel::SqlFullOuterJoins as i32,
            ]),
        ),
        (Key::SqlSchemasSupportedActions, mask(&[])),
        (Key::SqlCatalogsSupportedActions, mask(&[])),
        (Key::SqlSupportedPositionedCommands, mask(&[])),
        (Key::SqlSupportedSubqueries, mask(&subqueries)),
        (
            Key::SqlSupportedUnions,
            mask(&[SqlSupportedUnions::SqlUnion as i32, SqlSupportedUnions::SqlUnionAll as i32]),
        ),
        (Key::SqlSupportedResultSetTypes, mask(&[forward])),
        (Key::SqlSupportedConcurrenciesForResultSetUnspecified, mask(&[read_only])),
        (Key::SqlSupportedConcurrenciesForResultSetForwardOnly, mask(&[read_only])),
        (Key::SqlSupportedConcurrenciesForResultSetScrollSensitive, mask(&[])),
        (Key::SqlSupportedConcurrenciesForResultSetScrollInsensitive, mask(&[])),
    ]
}

fn limits() -> Vec<(SqlInfo, Value)> {
    use SqlInfo as Key;
    let unlimited = [
        Key::SqlMaxBinaryLiteralLength,
        Key::SqlMaxCharLiteralLength,
        Key::SqlMaxColumnNameLength,
        Key::SqlMaxColumnsInGroupBy,
        Key::SqlMaxColumnsInIndex,
        Key::SqlMaxColumnsInOrderBy,
        Key::SqlMaxColumnsInSelect,
        Key::SqlMaxColumnsInTable,
        Key::SqlMaxConnections,
        Key::SqlMaxCursorNameLength,
        Key::SqlMaxIndexLength,
        Key::SqlDbSchemaNameLength,
        Key::SqlMaxProcedureNameLength,
        Key::SqlMaxCatalogNameLength,
        Key::SqlMaxRowSize,
        Key::SqlMaxStatements,
        Key::SqlMaxTableNameLength,
        Key::SqlMaxTablesInSelect,
        Key::SqlMaxUsernameLength,
    ];
    let mut limits: Vec<_> = unlimited.into_iter().map(|key| (key, Value::Long(0))).collect();
    limits.push((Key::SqlMaxStatementLength, Value::Long(1 << 20)));
    limits
}

fn transactions() -> Vec<(SqlInfo, Value)> {
    use SqlInfo as Key;
    let none = SqlTransactionIsolationLevel::SqlTransactionNone as i32;
    vec![
        // JDBC reads this one as a long.
        (Key::SqlDefaultTransactionIsolation, Value::Long(none.into())),
        (Key::SqlTransactionsSupported, Value::Truth(false)),
        (Key::SqlSupportedTransactionsIsolationLevels, Value::Mask(1 << none)),
        (Key::SqlDataDefinitionCausesTransactionCommit, Value::Truth(false)),
        (Key::SqlDataDefinitionsInTransactionsIgnored, Value::Truth(false)),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Duration, all, sql_info};
    use arrow_array::{Array, Int32Array, UInt32Array, UnionArray, cast::AsArray};
    use arrow_flight::sql::{CommandGetSqlInfo, SqlInfo};

    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// Keys by the union child that drivers cast them to without a check.
    fn child(key: i32) -> i8 {
        match key {
            0..=2 | 6 | 7 | 504 | 513 | 514 | 529..=531 => 0,
            3..=5
            | 9..=11
            | 500..=502
            | 506
            | 515
            | 516
            | 518..=521
            | 523
            | 524
            | 527
            | 532
            | 536
            | 537
            | 539
            | 556
            | 563
            | 565
            | 566
            | 572..=576 => 1,
            541..=555 | 557..=562 => 2,
            8
            | 100
            | 101
            | 503
            | 505
            | 507
            | 522
            | 525
            | 526
            | 528
            | 533..=535
            | 538
            | 540
            | 564
            | 567..=571 => 3,
            508..=512 => 4,
            517 => 5,
            other => panic!("unknown key {other}"),
        }
    }

    #[test]
    fn every_key_is_there_with_the_type_that_drivers_expect() {
        let batch = sql_info(&CommandGetSqlInfo { info: vec![] }, DAY).unwrap();
        let keys: &UInt32Array = batch.column(0).as_primitive();
        let values: &UnionArray = batch.column(1).as_any().downcast_ref().unwrap();
        for (row, key) in keys.values().iter().enumerate() {
            assert_eq!(values.type_id(row), child(i32::try_from(*key).unwrap()), "key {key}");
        }
        let expected: Vec<i32> = (0..=11).chain([100, 101]).chain(500..=576).collect();
        assert!(expected.iter().all(|key| SqlInfo::try_from(*key).is_ok()));
        let mut found: Vec<i32> = all(DAY).iter().map(|(key, _)| i32::from(*key)).collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn asked_keys_only() {
        let batch = sql_info(&CommandGetSqlInfo { info: vec![0, 8] }, DAY).unwrap();
        assert_eq!(batch.num_rows(), 2);
    }

    #[test]
    fn handles_live_as_long_as_is_said() {
        for (ttl, millis) in [(DAY, 86_400_000), (Duration::from_millis(1_500), 1_500), (100 * DAY, i32::MAX)]
        {
            let batch = sql_info(&CommandGetSqlInfo { info: vec![100] }, ttl).unwrap();
            let values: &UnionArray = batch.column(1).as_any().downcast_ref().unwrap();
            let value = values.value(0);
            let value: &Int32Array = value.as_primitive();
            assert_eq!(value.value(0), millis);
        }
    }
}
