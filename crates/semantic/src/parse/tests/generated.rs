//! Data models of every shape, as documents.

use proptest::{option, prelude::*, sample::select, strategy::BoxedStrategy};
use serde_json::{Map, Value, json};

type Values = BoxedStrategy<Value>;
type Keys = Vec<(&'static str, Values)>;

/// Two joined cubes, one that extends the first, and a view of both.
pub(super) fn document() -> impl Strategy<Value = Value> {
    let base = |name: &str| with(json!({ "name": name, "sql_table": format!("s.{name}") }), cube_keys());
    let (first, second) = (base("orders"), base("users"));
    let child = with(json!({ "name": "child", "extends": "orders" }), cube_keys());
    (first, second, child, view()).prop_map(|(first, second, child, view)| {
        let mut cubes = [first, second, child];
        for cube in &mut cubes {
            complete(cube);
        }
        json!({ "cubes": cubes, "views": [view] })
    })
}

/// What references name is always there.
fn complete(cube: &mut Value) {
    let Some(cube) = cube.as_object_mut() else { return };
    let to = if cube["name"] == "users" { "orders" } else { "users" };
    cube.insert(
        "joins".to_owned(),
        json!([{ "name": to, "relationship": "many_to_one", "sql": "{CUBE}.x = 1" }]),
    );
    for (key, member) in [
        ("dimensions", json!({ "type": "string", "sql": "d" })),
        ("measures", json!({ "type": "count" })),
        ("segments", json!({ "sql": "s" })),
    ] {
        let fixed = format!("{}0", &key[..1]);
        match cube.entry(key).or_insert_with(|| json!([])) {
            Value::Object(map) => _ = map.insert(fixed, member),
            Value::Array(list) => {
                let mut member = member;
                member["name"] = fixed.into();
                list.push(member);
            }
            _ => {}
        }
    }
    let time = json!({ "name": "t0", "type": "time", "sql": "t", "granularities": [{ "name": "own", "interval": "2 weeks" }] });
    match &mut cube["dimensions"] {
        Value::Object(map) => _ = map.insert("t0".to_owned(), time),
        Value::Array(list) => list.push(time),
        _ => {}
    }
}

fn cube_keys() -> Keys {
    let mut keys = about();
    keys.extend([
        ("sql_alias", text()),
        ("data_source", text()),
        ("refresh_key", refresh_key()),
        ("calendar", flag()),
        ("dimensions", definitions("dim", dimension())),
        ("measures", definitions("mea", measure())),
        ("segments", definitions("seg", with(json!({ "sql": "x" }), about()))),
        (
            "hierarchies",
            definitions("h", with(json!({ "levels": ["d0", "CUBE.t0"] }), vec![("title", text())])),
        ),
        ("pre_aggregations", definitions("p", pre_aggregation())),
        ("access_policy", list(policy())),
    ]);
    keys
}

fn dimension() -> Values {
    let kinds = select(vec!["string", "number", "boolean"]).prop_map(|kind| json!({ "type": kind }));
    let plain = (kinds, sql()).prop_map(|(kind, sql)| merged(kind, json!({ "sql": sql }))).boxed();
    let case = (sql(), text(), sql(), option::of(text())).prop_map(|(sql, label, other, last)| {
        let mut case =
            json!({ "when": [{ "sql": sql, "label": label }, { "sql": "x", "label": { "sql": other } }] });
        last.into_iter().for_each(|label| case["else"] = json!({ "label": label }));
        json!({ "type": "string", "case": case })
    });
    let switched = (sql(), text()).prop_map(|(sql, value)| {
        let case =
            json!({ "switch": "{d0}", "when": [{ "value": value, "sql": sql }], "else": { "sql": "1" } });
        json!({ "type": "number", "case": case })
    });
    let geo = sql()
        .prop_map(|sql| json!({ "type": "geo", "latitude": { "sql": sql }, "longitude": { "sql": "x" } }));
    let switch = list(text()).prop_map(|values| json!({ "type": "switch", "values": values }));
    let time = option::of(intervals()).prop_map(|offset| {
        json!({ "type": "time", "sql": "t", "granularities": { "g": { "interval": "1 year", "offset": offset } } })
    });
    let formula = prop_oneof![3 => plain, 1 => case, 1 => switched, 1 => geo, 1 => switch, 1 => time].boxed();
    let mut keys = about();
    keys.extend([
        ("primary_key", flag()),
        ("sub_query", flag()),
        ("propagate_filters_to_sub_query", flag()),
        ("multi_stage", flag()),
        ("add_group_by", references(&["d0", "users.d0"])),
        ("mask", prop_oneof![scalar(), sql().prop_map(|sql| json!({ "sql": sql }))].boxed()),
        (
            "format",
            prop_oneof![text(), text().prop_map(|label| json!({ "type": "link", "label": label }))].boxed(),
        ),
        ("order", words(&["asc", "desc"])),
        ("links", list(with(json!({ "label": "x" }), vec![("url", text()), ("params", free())]))),
    ]);
    mixed(formula, keys)
}

fn measure() -> Values {
    let kinds = ["count", "sum", "countDistinct", "number", "time", "number_agg", "runningTotal"];
    let plain = (select(kinds.to_vec()), sql()).prop_map(|(kind, sql)| json!({ "type": kind, "sql": sql }));
    let rank = words(&["asc", "desc"])
        .prop_map(|dir| json!({ "type": "rank", "order_by": [{ "sql": "{m0}", "dir": dir }] }));
    let window = (intervals(), words(&["start", "end"])).prop_map(|(trailing, offset)| {
        json!({ "type": "sum", "sql": "x", "rolling_window": { "trailing": trailing, "leading": "unbounded", "offset": offset } })
    });
    let to_date = words(&["year", "own"]).prop_map(|granularity| {
        json!({ "type": "sum", "sql": "x", "rolling_window": { "type": "to_date", "granularity": granularity } })
    });
    let shift = (intervals(), words(&["prior", "next"])).prop_map(|(interval, kind)| {
        let shift =
            json!([{ "time_dimension": "t0", "interval": interval, "type": kind }, { "name": "year" }]);
        json!({ "type": "number", "sql": "{m0}", "multi_stage": true, "time_shift": shift })
    });
    let formula = prop_oneof![4 => plain, 1 => rank, 1 => window, 1 => to_date, 1 => shift].boxed();
    let mut keys = about();
    keys.extend([
        ("filters", list(sql().prop_map(|sql| json!({ "sql": sql })).boxed())),
        ("cumulative", flag()),
        ("group_by", references(&["d0", "CUBE.users.d0"])),
        ("reduce_by", references(&["d0"])),
        ("mask", scalar()),
        ("drill_members", references(&["d0", "m0", "users.t0"])),
        ("currency", text()),
        ("aliases", list(text())),
    ]);
    mixed(formula, keys)
}

fn pre_aggregation() -> Values {
    let rollup = option::of(words(&["day", "own"])).prop_map(|granularity| match granularity {
        None => json!({ "measures": ["m0"] }),
        Some(granularity) => {
            json!({ "measures": "CUBE.m0", "time_dimension": "t0", "granularity": granularity })
        }
    });
    let original = Just(json!({ "type": "original_sql", "external": false, "unique_key_columns": ["a"] }));
    let keys = vec![
        ("dimensions", references(&["d0", "users.d0", "CUBE.d0"])),
        ("segments", references(&["s0"])),
        ("partition_granularity", words(&["month", "year"])),
        ("refresh_key", refresh_key()),
        ("build_range_start", sql().prop_map(|sql| json!({ "sql": sql })).boxed()),
        ("allow_non_strict_date_range_match", flag()),
        ("stream_offset", words(&["earliest", "latest"])),
        ("union_with_source_data", flag()),
    ];
    mixed(prop_oneof![3 => rollup, 1 => original].boxed(), keys)
}

fn refresh_key() -> Values {
    let every = prop_oneof![intervals(), Just(json!("0 */2 * * 1-5"))].boxed();
    let keys =
        vec![("every", every), ("sql", sql()), ("incremental", flag()), ("update_window", intervals())];
    with(json!({}), keys)
}

fn policy() -> Values {
    let test = (free_list(), words(&["d0", "CUBE.d0", "{CUBE}.d0"]))
        .prop_map(|(values, member)| json!({ "member": member, "operator": "notEquals", "values": values }));
    let filters =
        test.prop_map(|test| json!([test.clone(), { "or": [test.clone(), { "and": [test] }] }])).boxed();
    let rows = with(json!({}), vec![("allow_all", flag()), ("filters", filters)]);
    let members = with(json!({}), vec![("includes", words(&["*"])), ("excludes", references(&["m0", "t0"]))]);
    let keys = vec![
        ("conditions", list(text().prop_map(|text| json!({ "if": text })).boxed())),
        ("member_level", members.clone()),
        ("member_masking", members),
        ("row_level", rows),
    ];
    let audience = prop_oneof![
        text().prop_map(|role| json!({ "role": role })),
        list(text()).prop_map(|g| json!({ "groups": g }))
    ];
    mixed(audience.boxed(), keys)
}

fn view() -> Values {
    let include = with(json!({ "name": "d0", "alias": "other" }), vec![("title", text()), ("meta", free())]);
    let parts = (include, flag()).prop_map(|(include, prefix)| {
        json!([
            { "join_path": "orders", "includes": ["m0", "t0", "s0", include] },
            { "join_path": "orders.users", "prefix": true, "alias": "u", "includes": ["d0"], "excludes": [prefix] },
        ])
    });
    let folder = text().prop_map(|title| {
        json!({ "title": title, "includes": ["m0", { "name": "inner", "title": title, "includes": "*" }] })
    });
    let filter = free_list().prop_map(
        |values| json!({ "member": "other", "operator": "equals", "values": values, "unless": ["u_d0"] }),
    );
    let mut keys = about();
    keys.extend([("folders", definitions("f", folder.boxed())), ("default_filters", list(filter.boxed()))]);
    mixed(parts.prop_map(|parts| json!({ "name": "v", "cubes": parts })).boxed(), keys)
}

fn about() -> Keys {
    let meta = free().prop_map(|value| json!({ "any": value })).boxed();
    vec![("title", text()), ("description", text()), ("public", flag()), ("shown", flag()), ("meta", meta)]
}

/// Texts that need every kind of escape.
fn text() -> Values {
    "[ -~\\u{0}-\\u{2100}{}%\\u{1f600}]{0,12}".prop_map(Value::from).boxed()
}

fn sql() -> Values {
    let pieces = [
        "x",
        " + ",
        "{CUBE}.y",
        "{d0}",
        "{ CUBE.m0 }",
        "{users.d0}",
        "{CUBE.users}.z",
        "{CUBE.sql()}",
        "'ü'",
        "\n",
        "{SECURITY_CONTEXT.tenant.filter('t')}",
        "\\",
        "\"",
    ];
    proptest::collection::vec(select(pieces.to_vec()), 1..6).prop_map(|pieces| pieces.concat().into()).boxed()
}

fn intervals() -> Values {
    words(&["1 day", "-2 months", "1 year 6 months", "3 Quarters"])
}

fn words(words: &[&'static str]) -> Values {
    select(words.to_vec()).prop_map(Value::from).boxed()
}

fn references(names: &[&'static str]) -> Values {
    proptest::sample::subsequence(names.to_vec(), 0..=names.len()).prop_map(Value::from).boxed()
}

fn flag() -> Values {
    any::<bool>().prop_map(Value::from).boxed()
}

fn free() -> Values {
    let nested = free_list().prop_map(|list| json!({ "Some Key": list }));
    prop_oneof![scalar(), free_list(), nested.boxed()].boxed()
}

fn scalar() -> Values {
    prop_oneof![text(), flag(), any::<i64>().prop_map(Value::from)].boxed()
}

fn free_list() -> Values {
    let item = prop_oneof![Just(Value::Null), text(), any::<i32>().prop_map(Value::from), Just(json!(2.5))];
    list(item.boxed())
}

fn list(item: Values) -> Values {
    proptest::collection::vec(item, 0..3).prop_map(Value::from).boxed()
}

/// Up to two definitions, in a list or in a mapping.
fn definitions(prefix: &'static str, definition: Values) -> Values {
    let both = (proptest::collection::vec(definition, 0..3), any::<bool>());
    both.prop_map(move |(definitions, as_list)| {
        let named = definitions.into_iter().enumerate().map(|(i, value)| (format!("{prefix}{i}"), value));
        match as_list {
            true => named.map(|(name, value)| merged(value, json!({ "name": name }))).collect(),
            false => Value::Object(named.collect()),
        }
    })
    .boxed()
}

fn with(fixed: Value, keys: Keys) -> Values {
    mixed(Just(fixed).boxed(), keys)
}

/// A mapping with some of the keys, each in snake_case or camelCase.
fn mixed(fixed: Values, keys: Keys) -> Values {
    let each = keys.into_iter().map(|(key, value)| {
        (any::<(bool, bool)>(), value).prop_map(move |((is_there, is_camel), value)| {
            is_there.then(|| (if is_camel { camel_case(key) } else { key.to_owned() }, value))
        })
    });
    let some =
        each.collect::<Vec<_>>().prop_map(|entries| entries.into_iter().flatten().collect::<Map<_, _>>());
    (fixed, some).prop_map(|(fixed, some)| merged(Value::Object(some), fixed)).boxed()
}

fn merged(mut into: Value, from: Value) -> Value {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
    into
}

fn camel_case(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |out, word| format!("{out}{}{}", word[..1].to_uppercase(), &word[1..]))
}
