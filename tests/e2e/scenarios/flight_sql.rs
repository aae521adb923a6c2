//! Scenarios of Flight SQL.

use std::sync::Arc;

use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow_flight::{
    FlightDescriptor, FlightInfo,
    sql::{
        ActionCancelQueryRequest, ActionCancelQueryResult, Any, CommandGetCrossReference,
        CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys, CommandGetPrimaryKeys,
        CommandGetTables, CommandGetXdbcTypeInfo, CommandStatementIngest, CommandStatementSubstraitPlan,
        ProstMessageExt, SqlInfo, TableDefinitionOptions, TableExistsOption, TableNotExistOption,
    },
};
use bytes::Bytes;
use prost::Message;
use tonic::Code;

use super::gateway;
use crate::harness::{Client, created, said};

const BY_FLAG: &str = "SELECT returnflag, MEASURE(count) AS n FROM sales GROUP BY 1 ORDER BY 1";

/// The columns of what is announced, which are those of its rows, and how many rows there are.
async fn answer(client: &mut Client, info: FlightInfo) -> (String, usize) {
    let rows = client.read(info).await.unwrap();
    (rows.columns.join(" "), rows.values.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn flight_sql() {
    let gateway = gateway();
    let client = &mut gateway.client().await;
    let (catalog, schema) = (Some("cube".to_owned()), Some("public".to_owned()));
    let table = |table: &str| table.to_owned();

    let info = client.sql.execute(BY_FLAG.to_owned(), None).await.unwrap();
    let announced = info.clone().try_decode_schema().unwrap();
    assert_eq!(answer(client, info.clone()).await, ("returnflag n".to_owned(), 3));
    let request = client.with_headers(info.flight_descriptor.unwrap());
    let schema_of = client.sql.inner_mut().get_schema(request).await.unwrap().into_inner();
    assert_eq!(arrow::datatypes::Schema::try_from(&schema_of).unwrap(), announced);
    let (code, text) = client.update("UPDATE STATEMENT").await.unwrap_err();
    assert_eq!(code, Code::Unimplemented, "{text}");

    let info = client.sql.get_catalogs().await.unwrap();
    assert_eq!(answer(client, info).await, ("catalog_name".to_owned(), 1));
    let schemas = CommandGetDbSchemas { catalog: catalog.clone(), db_schema_filter_pattern: schema.clone() };
    let info = client.sql.get_db_schemas(schemas).await.unwrap();
    assert_eq!(answer(client, info).await, ("catalog_name db_schema_name".to_owned(), 1));
    let tables = CommandGetTables {
        catalog: catalog.clone(),
        db_schema_filter_pattern: schema.clone(),
        table_name_filter_pattern: Some(table("%s")),
        table_types: vec![table("TABLE"), table("VIEW")],
        include_schema: true,
    };
    let info = client.sql.get_tables(tables).await.unwrap();
    let (columns, rows) = answer(client, info).await;
    assert!(columns == "catalog_name db_schema_name table_name table_type table_schema" && rows > 1);
    let info = client.sql.get_table_types().await.unwrap();
    assert_eq!(answer(client, info).await.0, "table_type");
    let keys =
        CommandGetPrimaryKeys { catalog: catalog.clone(), db_schema: schema.clone(), table: table("orders") };
    let info = client.sql.get_primary_keys(keys).await.unwrap();
    assert_eq!(
        answer(client, info).await.0,
        "catalog_name db_schema_name table_name column_name key_name key_sequence"
    );
    let foreign = "pk_catalog_name pk_db_schema_name pk_table_name pk_column_name fk_catalog_name fk_db_schema_name \
                   fk_table_name fk_column_name key_sequence fk_key_name pk_key_name update_rule delete_rule";
    let (db_schema, of) = (schema.clone(), table("orders"));
    let exported =
        CommandGetExportedKeys { catalog: catalog.clone(), db_schema: db_schema.clone(), table: of.clone() };
    let info = client.sql.get_exported_keys(exported).await.unwrap();
    assert_eq!(answer(client, info).await.0, foreign);
    let imported =
        CommandGetImportedKeys { catalog: catalog.clone(), db_schema: db_schema.clone(), table: of.clone() };
    let info = client.sql.get_imported_keys(imported).await.unwrap();
    assert_eq!(answer(client, info).await.0, foreign);
    let crossing = CommandGetCrossReference {
        pk_catalog: catalog.clone(),
        pk_db_schema: db_schema.clone(),
        pk_table: table("customer"),
        fk_catalog: catalog,
        fk_db_schema: db_schema,
        fk_table: of,
    };
    let info = client.sql.get_cross_reference(crossing).await.unwrap();
    assert_eq!(answer(client, info).await.0, foreign);
    let info = client.sql.get_xdbc_type_info(CommandGetXdbcTypeInfo { data_type: None }).await.unwrap();
    assert!(answer(client, info).await.1 > 5);
    let infos = vec![SqlInfo::FlightSqlServerName, SqlInfo::FlightSqlServerReadOnly];
    let info = client.sql.get_sql_info(infos).await.unwrap();
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    assert_eq!(client.rows_of(ticket).await.unwrap().1[0].num_rows(), 2);

    let sql = "SELECT MEASURE(count) AS n FROM sales WHERE part_size <= ?".to_owned();
    let mut prepared = client.sql.prepare(sql, None).await.unwrap();
    assert_eq!(prepared.parameter_schema().unwrap().fields().len(), 1);
    assert_eq!(prepared.dataset_schema().unwrap().field(0).name(), "n");
    let sizes = Arc::new(Int64Array::from(vec![10])) as _;
    prepared.set_parameters(RecordBatch::try_from_iter([("size", sizes)]).unwrap()).unwrap();
    let info = prepared.execute().await.unwrap();
    assert_eq!(answer(client, info).await, ("n".to_owned(), 1));
    prepared.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn flight_sql_extension() {
    let gateway = gateway();
    let client = &mut gateway.client().await;
    let told = [
        (SqlInfo::FlightSqlServerSql, true),
        (SqlInfo::FlightSqlServerSubstrait, false),
        (SqlInfo::FlightSqlServerCancel, true),
        (SqlInfo::FlightSqlServerBulkIngestion, true),
        (SqlInfo::FlightSqlServerIngestTransactionsSupported, false),
    ];
    for (key, expected) in told {
        let info = client.sql.get_sql_info(vec![key]).await.unwrap();
        let ticket = info.endpoint[0].ticket.clone().unwrap();
        let batch = client.rows_of(ticket).await.unwrap().1.swap_remove(0);
        let value = batch.column(1).as_union().value(0);
        assert_eq!(value.as_boolean().value(0), expected, "{key:?}");
    }
    let substrait = CommandStatementSubstraitPlan { plan: None, transaction_id: None };
    let request = client.with_headers(FlightDescriptor::new_cmd(substrait.as_any().encode_to_vec()));
    let status = client.sql.inner_mut().get_flight_info(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    let (code, text) = said(client.sql.begin_transaction().await.unwrap_err());
    assert_eq!(code, Code::Unimplemented, "{text}");
    for action in ["EndTransaction", "BeginSavepoint", "EndSavepoint", "CreatePreparedSubstraitPlan"] {
        assert_eq!(client.act(action, Vec::new()).await.unwrap_err().code(), Code::Unimplemented, "{action}");
    }
    let info = client.info(BY_FLAG).await.unwrap();
    let request = ActionCancelQueryRequest { info: info.encode_to_vec().into() };
    let (_, body) = client.act("CancelQuery", request.as_any().encode_to_vec()).await.unwrap();
    let result: ActionCancelQueryResult = Any::decode(body).unwrap().unpack().unwrap().unwrap();
    // NOT_CANCELLABLE is 3: it has not begun.
    assert_eq!(result.result, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn flight_sql_ingestion() {
    let gateway = gateway();
    let client = &mut gateway.client().await;
    let numbers = || {
        RecordBatch::try_from_iter([("test_field", Arc::new(Int64Array::from(vec![1, 2, 3])) as _)]).unwrap()
    };
    let options = TableDefinitionOptions {
        if_not_exist: TableNotExistOption::Create as i32,
        if_exists: TableExistsOption::Replace as i32,
    };
    let asked = CommandStatementIngest {
        table_definition_options: Some(options),
        schema: Some("temporary".to_owned()),
        catalog: Some("cube".to_owned()),
        ..created("test_table")
    };
    assert_eq!(client.ingest(&asked, &[numbers()]).await.unwrap(), 3);
    assert_eq!(client.ingest(&asked, &[numbers()]).await.unwrap(), 3);
    assert_eq!(client.value("SELECT SUM(test_field) FROM test_table").await, "6");
    let refused = async |command: CommandStatementIngest| {
        client.clone().ingest(&command, &[numbers()]).await.unwrap_err().0
    };
    let transaction = Some(Bytes::from_static(b"123"));
    let options = [("key1".to_owned(), "val1".to_owned())].into();
    assert_eq!(
        refused(CommandStatementIngest { transaction_id: transaction, ..asked.clone() }).await,
        Code::Unimplemented
    );
    let schema = Some("test_schema".to_owned());
    assert_eq!(refused(CommandStatementIngest { schema, ..asked.clone() }).await, Code::InvalidArgument);
    assert_eq!(refused(CommandStatementIngest { options, ..asked.clone() }).await, Code::InvalidArgument);
    assert_eq!(
        refused(CommandStatementIngest { schema: None, temporary: false, ..asked }).await,
        Code::Unimplemented
    );
}
