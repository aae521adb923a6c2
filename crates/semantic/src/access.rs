//! Who may see which rows: whether the rules that hold for a caller are known, and the proof that they were looked at.

use std::collections::BTreeSet;

use crate::{
    context::{ContextHash, SecurityContext},
    model::{JoinPath, Model},
    query::SemanticQuery,
    template::{Template, context_word},
};

/// Who says which rows a caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowRules {
    /// The operator vouches that the model files hold every rule: no `queryRewrite`, no other policy.
    Model,
    /// Nobody has said; only Cube itself can answer.
    Unstated,
}

/// A value that was narrowed to what one security context may see. Only [`narrow`] makes one of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoped<T> {
    value: T,
    context: ContextHash,
}

/// What is known of the rules for one query.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    /// They are known in full and already part of the query.
    Known(SemanticQuery),
    /// They are not: only Cube may answer, with the caller's own credential.
    Unknown(SemanticQuery, RulesUnknown),
}

/// Why the rules for a query are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesUnknown {
    /// Nobody vouches for the model files.
    #[error(
        "who may see which rows is known only to Cube; set `[access] rules = \"model\"` if the model files hold every rule"
    )]
    Unstated,
    /// A policy that is not evaluated here.
    #[error("`{0}` has an access_policy")]
    Policy(String),
    /// A mask, which policies put on.
    #[error("`{0}` has a mask")]
    Mask(String),
    /// Filters that Cube adds by itself.
    #[error("`{0}` has default_filters")]
    DefaultFilters(String),
    /// SQL that differs per caller.
    #[error("the SQL of `{cube}` depends on `{word}`")]
    Context {
        /// The cube.
        cube: String,
        /// The reference.
        word: String,
    },
    /// A member that cannot be followed to its cube.
    #[error("`{0}` is not a member of the model")]
    Member(String),
}

impl<T> Scoped<T> {
    /// The narrowed value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// The context that it was narrowed to.
    pub fn context(&self) -> ContextHash {
        self.context
    }
}

impl Access {
    /// The query, whatever is known of its rules.
    pub fn query(&self) -> &SemanticQuery {
        match self {
            Self::Known(query) | Self::Unknown(query, _) => query,
        }
    }

    /// Why only Cube may answer; `None` when the rules are known.
    pub fn unknown(&self) -> Option<&RulesUnknown> {
        match self {
            Self::Known(_) => None,
            Self::Unknown(_, why) => Some(why),
        }
    }
}

/// Looks at the rules that hold for `context` on every cube and view that `query` touches.
pub fn narrow(
    query: SemanticQuery,
    model: &Model,
    rules: RowRules,
    context: &SecurityContext,
) -> Scoped<Access> {
    let value = match unknown(&query, model, rules) {
        None => Access::Known(query),
        Some(why) => Access::Unknown(query, why),
    };
    Scoped { value, context: context.hash() }
}

fn unknown(query: &SemanticQuery, model: &Model, rules: RowRules) -> Option<RulesUnknown> {
    if rules == RowRules::Unstated || !model.holds_rules() {
        return Some(RulesUnknown::Unstated);
    }
    let mut missing = None;
    let mut tables = BTreeSet::new();
    let mut paths = BTreeSet::new();
    query.members(|member| match model.column(member) {
        Some(column) => {
            tables.insert(member.table().to_owned());
            paths.insert(&column.source.path);
        }
        None => missing = Some(RulesUnknown::Member(member.to_string())),
    });
    missing.or_else(|| policy_of_view(&tables, model)).or_else(|| rules_of_cubes(&paths, model))
}

fn policy_of_view(tables: &BTreeSet<String>, model: &Model) -> Option<RulesUnknown> {
    tables.iter().filter_map(|name| model.view(name)).find_map(|view| {
        let name = view.name.to_string();
        if view.has_policy() {
            Some(RulesUnknown::Policy(name))
        } else {
            (!view.default_filters.is_empty()).then_some(RulesUnknown::DefaultFilters(name))
        }
    })
}

// Also the cubes that are only passed through: their rows and joins shape the result.
fn rules_of_cubes(paths: &BTreeSet<&JoinPath>, model: &Model) -> Option<RulesUnknown> {
    let mut open = Vec::new();
    paths.iter().for_each(|path| along(path, model, &mut open));
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        let Some(cube) = model.cube(name) else { return Some(RulesUnknown::Member(name.to_owned())) };
        if cube.access_policy.is_some() {
            return Some(RulesUnknown::Policy(name.to_owned()));
        }
        if let Some(member) = cube.masked().next() {
            return Some(RulesUnknown::Mask(member.to_string()));
        }
        let conditions = cube.joins.iter().map(|join| &join.on);
        let in_names = [&cube.data_source, &cube.sql_alias].into_iter().flatten();
        let mut in_names = in_names.filter_map(|text| context_word(text).map(|at| &text[at..]));
        let word = cube.templates().chain(conditions).find_map(Template::context);
        if let Some(word) = word.or_else(|| in_names.next()) {
            return Some(RulesUnknown::Context { cube: name.to_owned(), word: word.to_owned() });
        }
        // SQL that names other cubes, or goes through them, brings in their rules.
        for template in cube.templates() {
            open.extend(template.cubes());
            template.members().for_each(|(path, _)| along(path, model, &mut open));
        }
    }
    None
}

/// The cubes of a path, and those that the conditions of its joins name. A join that is not used brings in nothing.
fn along<'m>(path: &'m JoinPath, model: &'m Model, open: &mut Vec<&'m str>) {
    let cubes = path.cubes();
    open.extend(cubes.iter().map(|cube| &**cube));
    for join in cubes.windows(2).filter_map(|pair| model.join(&pair[0], &pair[1])) {
        open.extend(join.on.cubes());
        let through = join.on.members().flat_map(|(path, _)| path.cubes());
        open.extend(through.map(|cube| &**cube));
    }
}

#[cfg(test)]
mod tests {
    use super::{RowRules, narrow};
    use crate::{
        MemberName, Model, Output, SecurityContext, SemanticQuery,
        parse::{SourceFile, model},
    };
    use expect_test::{Expect, expect};

    const MODEL: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    joins:
      - { name: users, relationship: many_to_one, sql: "{CUBE}.user_id = {users}.id" }
      - { name: tenants, relationship: many_to_one, sql: "{CUBE}.tenant = {SECURITY_CONTEXT.tenant}" }
    measures: [{ name: count, type: count }]
  - { name: plain, sql_table: plain, measures: [{ name: count, type: count }] }
  - name: users
    sql_table: users
    measures: [{ name: count, type: count }]
    access_policy: [{ role: "*" }]
  - name: tenants
    sql: SELECT * FROM tenants WHERE id = {SECURITY_CONTEXT.tenant}
    measures: [{ name: count, type: count }]
  - name: proxy
    sql_table: proxy
    measures: [{ name: count, type: count, filters: [{ sql: "{users.count} > 0" }] }]
views:
  - name: guarded
    cubes: [{ join_path: plain, includes: "*" }]
    access_policy: [{ role: "*" }]
  - name: through
    cubes:
      - { join_path: plain, includes: "*" }
"#;

    fn parsed() -> Model {
        model(&[SourceFile { path: "m.yml".to_owned(), text: MODEL.to_owned() }]).unwrap()
    }

    fn check(member: &str, rules: RowRules, expect: Expect) {
        let outputs = vec![Output::Measure(MemberName::parse(member).unwrap())];
        let query = SemanticQuery::grouped(outputs, chrono_tz::UTC);
        let scoped = narrow(query, &parsed(), rules, &SecurityContext::new(serde_json::Map::new()));
        expect.assert_eq(&scoped.get().unknown().map_or("known".to_owned(), ToString::to_string));
    }

    #[test]
    fn unknown_rules_close_the_direct_road() {
        check("plain.count", RowRules::Model, expect!["known"]);
        check(
            "plain.count",
            RowRules::Unstated,
            expect![[
                r#"who may see which rows is known only to Cube; set `[access] rules = "model"` if the model files hold every rule"#
            ]],
        );
        check("users.count", RowRules::Model, expect!["`users` has an access_policy"]);
        check(
            "tenants.count",
            RowRules::Model,
            expect!["the SQL of `tenants` depends on `SECURITY_CONTEXT.tenant`"],
        );
        check("guarded.count", RowRules::Model, expect!["`guarded` has an access_policy"]);
        check("through.count", RowRules::Model, expect!["known"]);
        check(
            "orders.count",
            RowRules::Model,
            expect!["the SQL of `orders` depends on `SECURITY_CONTEXT.tenant`"],
        );
        check("proxy.count", RowRules::Model, expect!["`users` has an access_policy"]);
        check("nope.count", RowRules::Model, expect!["`nope.count` is not a member of the model"]);
    }
    /// What is said of a query of `c`, whose definition goes on with `text`.
    fn of_cube(text: &str, expect: Expect) {
        let text = format!(
            "cubes:\n  - name: c\n    sql_table: c\n    measures: [{{ name: n, type: count }}]\n{text}"
        );
        let model = model(&[SourceFile { path: "m.yml".to_owned(), text }]);
        let model = model.unwrap_or_else(|error| panic!("{error}"));
        let table = model.tables().last().unwrap().name.clone();
        let outputs = vec![Output::Measure(MemberName::new(&table, "n"))];
        let query = SemanticQuery::grouped(outputs, chrono_tz::UTC);
        let scoped = narrow(query, &model, RowRules::Model, &SecurityContext::new(serde_json::Map::new()));
        expect.assert_eq(&scoped.get().unknown().map_or("known".to_owned(), ToString::to_string));
    }

    fn of_dimension(text: &str, expect: Expect) {
        of_cube(&format!("    dimensions: [{{ name: d, {text} }}]"), expect);
    }

    #[test]
    fn sql_that_differs_per_caller_is_seen_wherever_it_stands() {
        let word = "\"{SECURITY_CONTEXT.x}\"";
        for text in [
            format!("type: string, case: {{ when: [{{ sql: {word}, label: a }}] }}"),
            format!("type: string, case: {{ when: [{{ sql: x, label: {{ sql: {word} }} }}] }}"),
            format!("type: string, case: {{ when: [], else: {{ label: {{ sql: {word} }} }} }}"),
            format!("type: string, case: {{ switch: x, when: [{{ value: a, sql: {word} }}] }}"),
            format!("type: geo, latitude: {{ sql: x }}, longitude: {{ sql: {word} }}"),
            format!("type: time, sql: x, granularities: [{{ name: g, sql: {word} }}]"),
            format!("type: time, sql: x, time_shift: [{{ name: g, sql: {word} }}]"),
        ] {
            of_dimension(&text, expect!["the SQL of `c` depends on `SECURITY_CONTEXT.x`"]);
        }
        for text in [
            format!("    refresh_key: {{ sql: {word} }}"),
            format!("    segments: [{{ name: s, sql: {word} }}]"),
        ] {
            of_cube(&text, expect!["the SQL of `c` depends on `SECURITY_CONTEXT.x`"]);
        }
    }

    #[test]
    fn masks_and_filters_of_cubes_own_are_rules() {
        of_dimension("type: string, sql: x, mask: '***'", expect!["`c.d` has a mask"]);
        of_dimension("type: string, sql: x, mask: { sql: 'NULL' }", expect!["`c.d` has a mask"]);
        of_dimension("type: string, sql: x", expect!["known"]);
        of_cube("    access_policy: []", expect!["`c` has an access_policy"]);
        of_cube("    refresh_key: { sql: \"{CUBE.sql()}\" }", expect!["known"]);
        let view = "views: [{ name: v, cubes: [{ join_path: c, includes: [n] }]";
        let filter = "default_filters: [{ member: n, operator: set }]";
        of_cube(&format!("{view} }}]"), expect!["known"]);
        of_cube(&format!("{view}, {filter} }}]"), expect!["`v` has default_filters"]);
    }

    #[test]
    fn cubes_on_the_way_bring_their_rules() {
        let joins = "    joins: [{ name: o, relationship: many_to_one, sql: x }, { name: p, relationship: many_to_one, sql: \"{o.d} = 1\" }]";
        let guarded = "  - name: o\n    sql_table: o\n    access_policy: [{ role: a }]\n    \
            joins: [{ name: p, relationship: many_to_one, sql: x }]\n    dimensions: [{ name: d, sql: d, type: number }]";
        let plain = "  - { name: p, sql_table: p, dimensions: [{ name: d, sql: d, type: string }] }";
        let of = |dimension: &str, expect: Expect| {
            let dimension = format!("    dimensions: [{{ name: e, type: string, sql: \"{dimension}\" }}]");
            of_cube(
                &format!("{joins}\n{dimension}\n{guarded}\n{plain}\n  - {{ name: z, extends: c }}"),
                expect,
            );
        };
        of("{o.p.d}", expect!["`o` has an access_policy"]);
        // Only the condition of the join names it.
        of("{p.d}", expect!["`o` has an access_policy"]);
        of("x", expect!["known"]);
    }

    #[test]
    fn names_that_differ_per_caller_are_rules() {
        for text in ["data_source: \"{COMPILE_CONTEXT.x}\"", "sql_alias: \"a_{COMPILE_CONTEXT.x}\""] {
            of_cube(&format!("    {text}"), expect!["the SQL of `c` depends on `COMPILE_CONTEXT.x}`"]);
        }
    }

    #[test]
    fn cubes_that_sql_is_made_of_bring_their_rules() {
        let other = "  - { name: o, sql_table: o, access_policy: [{ role: a }] }";
        of_cube(
            &format!(
                "    segments: [{{ name: s, sql: \"x IN ({{o.sql()}})\" }}]\n{other}\n  - {{ name: z, extends: c }}"
            ),
            expect!["`o` has an access_policy"],
        );
    }
}
