//! The types that columns have, for drivers that ask which there are.

use arrow_array::RecordBatch;
use arrow_flight::sql::{
    CommandGetXdbcTypeInfo, Nullable, Searchable, XdbcDataType, XdbcDatetimeSubcode,
    metadata::{XdbcTypeInfo, XdbcTypeInfoDataBuilder},
};

use semantic::ArrowType;

use crate::status::CallError;

/// The name in SQL of a column's type.
pub(super) fn name_of(data_type: ArrowType) -> &'static str {
    match data_type {
        ArrowType::Boolean => "BOOLEAN",
        ArrowType::Int64 => "BIGINT",
        ArrowType::Float64 => "DOUBLE",
        ArrowType::Decimal { .. } => "DECIMAL",
        ArrowType::Utf8 => "VARCHAR",
        ArrowType::Timestamp => "TIMESTAMP",
        ArrowType::Date32 => "DATE",
    }
}

/// The answer to GetXdbcTypeInfo.
pub(crate) fn type_info(command: CommandGetXdbcTypeInfo) -> Result<RecordBatch, CallError> {
    let mut types = XdbcTypeInfoDataBuilder::new();
    for info in all() {
        types.append(info);
    }
    let types = types.build().map_err(CallError::Metadata)?;
    types.record_batch(command.data_type).map_err(CallError::Metadata)
}

/// The types of members, and those of expressions that have others.
fn all() -> [XdbcTypeInfo; 11] {
    let radix = |info: XdbcTypeInfo, radix| XdbcTypeInfo { num_prec_radix: Some(radix), ..info };
    [
        base("BOOLEAN", XdbcDataType::XdbcBit, 1),
        radix(number("SMALLINT", XdbcDataType::XdbcSmallint, 5), 10),
        radix(number("INTEGER", XdbcDataType::XdbcInteger, 10), 10),
        radix(number("BIGINT", XdbcDataType::XdbcBigint, 19), 10),
        radix(number("REAL", XdbcDataType::XdbcReal, 24), 2),
        radix(number("DOUBLE", XdbcDataType::XdbcDouble, 53), 2),
        radix(
            XdbcTypeInfo {
                create_params: Some(vec!["precision".to_owned(), "scale".to_owned()]),
                minimum_scale: Some(0),
                maximum_scale: Some(38),
                ..number("DECIMAL", XdbcDataType::XdbcDecimal, 38)
            },
            10,
        ),
        XdbcTypeInfo {
            literal_prefix: Some("'".to_owned()),
            literal_suffix: Some("'".to_owned()),
            case_sensitive: true,
            searchable: Searchable::Full,
            ..base("VARCHAR", XdbcDataType::XdbcVarchar, i32::MAX)
        },
        XdbcTypeInfo {
            // Dates and years share their code.
            datetime_subcode: Some(XdbcDatetimeSubcode::XdbcSubcodeYear),
            ..moment("DATE", XdbcDataType::XdbcDate, 10)
        },
        XdbcTypeInfo {
            datetime_subcode: Some(XdbcDatetimeSubcode::XdbcSubcodeTime),
            ..moment("TIME", XdbcDataType::XdbcTime, 8)
        },
        XdbcTypeInfo {
            datetime_subcode: Some(XdbcDatetimeSubcode::XdbcSubcodeTimestamp),
            minimum_scale: Some(0),
            maximum_scale: Some(3),
            ..moment("TIMESTAMP", XdbcDataType::XdbcTimestamp, 23)
        },
    ]
}

fn base(name: &str, data_type: XdbcDataType, size: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        type_name: name.to_owned(),
        data_type,
        column_size: Some(size),
        literal_prefix: None,
        literal_suffix: None,
        create_params: None,
        nullable: Nullable::NullabilityNullable,
        case_sensitive: false,
        searchable: Searchable::Basic,
        unsigned_attribute: None,
        fixed_prec_scale: false,
        auto_increment: None,
        local_type_name: Some(name.to_owned()),
        minimum_scale: None,
        maximum_scale: None,
        sql_data_type: data_type,
        datetime_subcode: None,
        num_prec_radix: None,
        interval_precision: None,
    }
}

fn number(name: &str, data_type: XdbcDataType, size: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        unsigned_attribute: Some(false),
        auto_increment: Some(false),
        ..base(name, data_type, size)
    }
}

/// Times have one type among them, which their subcodes tell apart.
fn moment(name: &str, data_type: XdbcDataType, size: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        sql_data_type: XdbcDataType::XdbcDatetime,
        literal_prefix: Some(format!("{name} '")),
        literal_suffix: Some("'".to_owned()),
        ..base(name, data_type, size)
    }
}
