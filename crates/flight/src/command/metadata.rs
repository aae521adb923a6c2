//! The commands that ask what there is. Their ticket is the command itself.

use arrow_array::RecordBatch;
use arrow_flight::sql::{
    Command, CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys,
    CommandGetImportedKeys, CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables,
    CommandGetXdbcTypeInfo,
};
use arrow_flight::{FlightDescriptor, FlightInfo};

use super::{endpoint, info, not_served};
use crate::{authn::Call, metadata, service::Service, status::CallError};

/// A command about metadata.
#[derive(Debug)]
pub(crate) enum Metadata {
    Catalogs,
    DbSchemas(CommandGetDbSchemas),
    Tables(CommandGetTables),
    TableTypes,
    SqlInfo(CommandGetSqlInfo),
    XdbcTypeInfo(CommandGetXdbcTypeInfo),
    PrimaryKeys(CommandGetPrimaryKeys),
    ExportedKeys(CommandGetExportedKeys),
    ImportedKeys(CommandGetImportedKeys),
    CrossReference(CommandGetCrossReference),
}

/// Announces the answer to a command, which is known at once.
pub(crate) async fn announce(
    command: Command,
    descriptor: FlightDescriptor,
    service: &Service,
    call: &Call,
) -> Result<FlightInfo, CallError> {
    let answer = Metadata::of(command)?.answer(service, call).await?;
    let endpoint = endpoint(descriptor.cmd.clone(), None);
    let info = info(&answer.schema(), [endpoint], descriptor)?;
    Ok(info.with_total_records(i64::try_from(answer.num_rows()).unwrap_or(-1)))
}

impl Metadata {
    /// Sorts a command out that asks for no rows of a statement.
    pub(crate) fn of(command: Command) -> Result<Self, CallError> {
        Ok(match command {
            Command::CommandGetCatalogs(CommandGetCatalogs {}) => Self::Catalogs,
            Command::CommandGetDbSchemas(command) => Self::DbSchemas(command),
            Command::CommandGetTables(command) => Self::Tables(command),
            Command::CommandGetTableTypes(CommandGetTableTypes {}) => Self::TableTypes,
            Command::CommandGetSqlInfo(command) => Self::SqlInfo(command),
            Command::CommandGetXdbcTypeInfo(command) => Self::XdbcTypeInfo(command),
            Command::CommandGetPrimaryKeys(command) => Self::PrimaryKeys(command),
            Command::CommandGetExportedKeys(command) => Self::ExportedKeys(command),
            Command::CommandGetImportedKeys(command) => Self::ImportedKeys(command),
            Command::CommandGetCrossReference(command) => Self::CrossReference(command),
            other => return Err(not_served(&other)),
        })
    }

    /// The answer, with the names that the caller may see.
    pub(crate) async fn answer(&self, service: &Service, call: &Call) -> Result<RecordBatch, CallError> {
        let model = async || service.engine.model(&call.engine_caller).await;
        let temporary = || service.engine.temporary_tables(&call.engine_caller);
        match self {
            Self::Catalogs => metadata::catalogs(),
            Self::DbSchemas(command) => metadata::db_schemas(command, &temporary()),
            Self::Tables(command) => metadata::tables(command, &*model().await?, &temporary()),
            Self::TableTypes => metadata::table_types(),
            Self::SqlInfo(command) => metadata::sql_info(command, service.config.handle_ttl),
            Self::XdbcTypeInfo(command) => metadata::type_info(*command),
            Self::PrimaryKeys(command) => metadata::primary_keys(command, &*model().await?),
            Self::ExportedKeys(command) => metadata::exported_keys(command, &*model().await?),
            Self::ImportedKeys(command) => metadata::imported_keys(command, &*model().await?),
            Self::CrossReference(command) => metadata::cross_reference(command, &*model().await?),
        }
    }
}
