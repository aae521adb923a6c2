//! What is refused, with its place and the way out.

use expect_test::{Expect, expect};

use super::js;
use crate::parse::model;

fn check(text: &str, expect: Expect) {
    let told =
        model(&[js(text)]).map_or_else(|error| error.to_string(), |model| format!("{:?}", model.version()));
    expect.assert_eq(&told);
}

#[test]
fn statements_that_would_run() {
    check(
        "import { tables } from './tables';
const { helper } = require('./helper');
asyncModule(async () => { cube('a', {}); });
for (const t of tables) cube(t, {});
if (x) { view('v', {}); }
function f() {}
export default 5;
['a', 'b'].forEach((n) => cube(n, { sql: 'x' }));
cube(COMPILE_CONTEXT.name, {});
cube(`a_${1}`, {});
cube('a');
cube('a', helper({}));
",
        expect![[r#"
            m.js:1:1: `import { tables } from './tables';` is an import; JavaScript is read here and never run: write what it brings into this file
            m.js:2:1: `const { helper } = require('./helper');` is a variable; JavaScript is read here and never run: write its value where it is used
            m.js:3:1: `asyncModule(async () => { cube('a', {}); …` is neither `cube(..)` nor `view(..)`; JavaScript is read here and never run: write the cubes at the top level of the file
            m.js:4:1: `for (const t of tables) cube(t, {});` is a loop; JavaScript is read here and never run: write each cube out
            m.js:5:1: `if (x) { view('v', {}); }` is a condition; JavaScript is read here and never run: write one of its cases
            m.js:6:1: `function f() {}` is a function; JavaScript is read here and never run: write what it gives where it is called
            m.js:7:1: `export default 5;` is an export; JavaScript is read here and never run: files of a model give nothing to others
            m.js:8:1: `['a', 'b'].forEach((n) => cube(n, { sql: …` is neither `cube(..)` nor `view(..)`; JavaScript is read here and never run: write the cubes at the top level of the file
            m.js:9:6: `COMPILE_CONTEXT.name` is no literal name; JavaScript is read here and never run: write the name itself in quotes
            m.js:10:6: ``a_${1}`` is no literal name; JavaScript is read here and never run: write the name itself in quotes
            m.js:11:1: `cube('a')` is no definition; JavaScript is read here and never run: write cube(`name`, { .. })
            m.js:12:1: `cube('a', helper({}))` is no definition; JavaScript is read here and never run: write cube(`name`, { .. })"#]],
    );
}

#[test]
fn values_that_would_be_computed() {
    check(
        "cube('orders', {
  sql: `SELECT * FROM ${table()}`,
  title: prefix + 'x',
  description: helper('x'),
  ...base,
  [key]: 5,
  public: COMPILE_CONTEXT.securityContext.admin,
  shown: !flag,
  meta: { a: x, b: [...y], c: [1, , 2], d: /x/ },
  dataSource: COMPILE_CONTEXT.a ? 'b' : 'c',
  get refreshKey() { return 5; },
  joins() { return {}; },
  dimensions: {
    a: { sql: function () { return `x`; }, type: 'string' },
    b: { sql: () => { return `x`; }, type: 'string' },
    c: { sql: ({ CUBE }) => `x`, type: 'string' },
    d: { sql: CUBE?.x, type: 'string' },
    e: { sql: tag`x`, type: 'string' },
    f: { sql: `x`, type: string },
    g: { sql: `x`, type: 'string', title: `${a}` },
    h: { sql: '{x}', type: 'string' },
  },
});
",
        expect![[r#"
            m.js:2:25: orders: `table()` is computed; JavaScript is read here and never run: only references can stand in `${..}`; write its value
            m.js:3:10: orders: `prefix + 'x'` is computed; JavaScript is read here and never run: write its value; texts are joined in one template
            m.js:4:16: orders: `helper('x')` is a call; JavaScript is read here and never run: write what it gives
            m.js:5:3: orders: `...base` is a spread; JavaScript is read here and never run: write the entries out
            m.js:6:4: orders: `key` is a computed key; JavaScript is read here and never run: write the key itself
            m.js:7:11: orders: expected true or false, and `COMPILE_CONTEXT.securityContext.admin` is a name without quotes
            m.js:8:10: orders: `!flag` is no literal; JavaScript is read here and never run: write the value itself
            m.js:9:14: orders: expected text, and `x` is a name without quotes
            m.js:9:21: orders: `...y` is a spread; JavaScript is read here and never run: write the entries out
            m.js:9:35: orders: an item is missing
            m.js:9:44: orders: `/x/` is no literal; JavaScript is read here and never run: write the value itself
            m.js:10:15: orders: `COMPILE_CONTEXT.a ? 'b' : 'c'` is a choice; JavaScript is read here and never run: write one of its values
            m.js:11:3: orders: `get refreshKey() { return 5; }` is a function; JavaScript is read here and never run: write the value, or `() => value`
            m.js:12:3: orders: `joins() { return {}; }` is a function; JavaScript is read here and never run: write the value, or `() => value`
            m.js:14:15: orders: `function () { return `x`; }` is a function; JavaScript is read here and never run: write the value, or `() => value`
            m.js:15:15: orders: `() => { return `x`; }` is a function; JavaScript is read here and never run: write the value, or `() => value`
            m.js:16:15: orders: `({ CUBE }) => `x`` is a function; JavaScript is read here and never run: write the value, or `() => value`
            m.js:17:15: orders: `CUBE?.x` is no literal; JavaScript is read here and never run: write the value itself
            m.js:18:15: orders: `tag`x`` is no literal; JavaScript is read here and never run: write the value itself
            m.js:19:26: orders.f: expected text, and `string` is a name without quotes
            m.js:20:43: orders.g: expected text without `${..}`
            m.js:21:15: orders.h: expected SQL without braces of its own; write CHR(123) and CHR(125), or compute the column in a view of the database"#]],
    );
}

#[test]
fn what_the_model_does_not_have_is_told_as_in_yaml() {
    check(
        "cube('orders', {
  sqlTable: 'orders',
  name: 'other',
  colour: 'red',
  dimensions: { a: { sql: 'a', type: 'colour' }, a: { sql: 'b', type: 'string' } },
  preAggregations: { p: { measureReferences: [CUBE.nope], timeDimension: a, granularity: 'fortnight' } },
});
view('v', { cubes: [{ joinPath: orders.users, includes: '*' }] });
",
        expect![[r#"
            m.js:3:9: `name` is given twice
            m.js:4:11: orders: `colour` is not supported here
            m.js:5:38: orders.a: the dimension type `colour` is not supported
            m.js:5:53: orders: `a` is declared twice
            m.js:6:47: orders.p: `CUBE.nope` names no member
            m.js:6:90: orders.p: `fortnight` is no granularity; use second, minute, hour, day, week, month, quarter or year, or one that `orders.a` declares
            m.js:8:33: v: there is no cube `users`"#]],
    );
}

#[test]
fn broken_files_are_named() {
    check("cube('a', {", expect!["m.js:1:12: expected `}` but found `eof`"]);
    check("cube('a', { sql: `x })", expect!["m.js:1:18: unterminated string"]);
    check(
        "cube('a', { title: 'ü', sql: 'x' 'y' })",
        expect!["m.js:1:34: expected `,` or `}` but found `string`"],
    );
    check(
        "type A = string;",
        expect!["m.js:1:5: expected a semicolon or an implicit semicolon after a statement, but found none"],
    );
    check(&"[".repeat(100_000), expect!["m.js:1:201: brackets are nested more than 200 deep"]);
    check(
        "cube('a', { title: '\\ud800' })",
        expect![[r#"
        m.js:1:11: a: exactly one of `sql_table` and `sql` must be given
        m.js:1:20: a: `'\ud800'` is no literal; JavaScript is read here and never run: write the value itself"#]],
    );
    check("cube('a', { title: '\\u{110000}' })", expect!["m.js:1:21: invalid escape sequence"]);
}
