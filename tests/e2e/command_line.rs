//! The commands as somebody types them.

use std::{fs, net::TcpListener, path::Path, process::Output};

use crate::harness::{Gateway, Settings, binary, stacks, token};

const SQL: &str = "SELECT orderstatus, MEASURE(count) AS n FROM orders GROUP BY 1 ORDER BY 1";

#[tokio::test(flavor = "multi_thread")]
async fn sql_prints_every_format() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let token = token("tests", 600);
    let printed = |format: &str| {
        let mut command = binary();
        command.args(["sql", "--url", &gateway.url(), "--token", &token, "--format", format, SQL]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        output.stdout
    };
    let text = |format: &str| String::from_utf8(printed(format)).unwrap();
    assert!(text("table").contains("| F           | 7304 |"), "{}", text("table"));
    assert_eq!(text("csv"), "orderstatus,n\nF,7304\nO,7333\nP,363\n");
    assert!(text("json").starts_with("{\"orderstatus\":\"F\",\"n\":7304}\n"), "{}", text("json"));
    let bytes = printed("arrow");
    let stream = arrow::ipc::reader::StreamReader::try_new(&bytes[..], None).unwrap();
    assert_eq!(stream.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_says_what_is_wrong_and_fails() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    let token = token("tests", 600);
    let mut command = binary();
    command.args(["sql", "--url", &gateway.url(), "--token", &token, "SELECT nothing FROM orders"]);
    fails(&command.output().unwrap(), "there is no column `nothing`");
    let mut command = binary();
    command.args(["sql", "--url", &gateway.url(), "--token", "nonsense", SQL]);
    fails(&command.output().unwrap(), "credential");
    let mut command = binary();
    command.args(["sql", "--url", "grpc://127.0.0.1:9", "--token", &token, SQL]);
    fails(&command.output().unwrap(), "no gateway at grpc://127.0.0.1:9");
}

#[test]
fn a_port_in_use_names_the_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("port");
    let mut command = binary();
    command.args(["demo", "--scale", "0.001", "--port", &port, "--data-dir"]).arg(data);
    fails(&command.output().unwrap(), "--port");
}

#[test]
fn a_demo_without_a_sensible_scale_does_not_start() {
    let data = tempfile::tempdir().unwrap();
    let mut command = binary();
    command.args(["demo", "--scale", "0", "--port", "0", "--data-dir"]).arg(data.path());
    fails(&command.output().unwrap(), "scale");
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    for (toml, named) in [
        ("colour = 1", "colour"),
        ("[flight]\nlisten = \"here\"", "listen"),
        ("[store]\nurl = \"ws://127.0.0.1:9\"", "model.path"),
        ("[model]\npath = \"/no/such/model\"", "store.url"),
        ("[model]\npath = \"/no/such/model\"\n[store]\nurl = \"ws://127.0.0.1:9\"", "/no/such/model"),
        ("node_id = \"a b\"", "node_id"),
        (
            "[auth]\njwt_secret = \"short\"\n[cube]\nurl = \"http://127.0.0.1:9\"\n[model]\npath = \"MODEL\"",
            "32",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../embedded/demo/model");
        let config = dir.path().join("c.toml");
        fs::write(&config, toml.replace("MODEL", &model.display().to_string())).unwrap();
        fails(&binary().arg("serve").arg("--config").arg(&config).output().unwrap(), named);
    }
}

#[test]
fn a_model_that_would_have_to_be_run_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("orders.yml", "cubes: [{ name: orders, sql_table: orders }]");
    write("users.js", "cube('users', { sqlTable: 'users' });\nfor (const t of tenants) cube(t, {});");
    let toml = "[cube]\nurl = \"http://127.0.0.1:9\"\n[model]\npath = \"MODEL\"";
    write("c.toml", &toml.replace("MODEL", &dir.path().display().to_string()));
    let output = binary().arg("serve").arg("--config").arg(dir.path().join("c.toml")).output().unwrap();
    fails(&output, "users.js:2:1: `for (const t of tenants) cube(t, {});` is a loop");
}

#[test]
fn the_environment_sets_keys_and_what_kubernetes_puts_there_does_not() {
    let mut command = binary();
    command.args(["serve", "--print-config"]).env("CUBEFLIGHT_PORT", "tcp://10.0.0.1:31337");
    command.env("CUBEFLIGHT_FLIGHT__LISTEN", "127.0.0.1:7").env("CUBEFLIGHT_LOG", "debug");
    let printed = command.output().unwrap();
    assert!(printed.status.success(), "{}", stderr(&printed));
    let settings: toml::Table = String::from_utf8(printed.stdout).unwrap().parse().unwrap();
    assert_eq!(settings["flight"]["listen"].as_str(), Some("127.0.0.1:7"));
    assert_eq!(settings["log"].as_str(), Some("debug"));
    let unknown = binary().args(["serve", "--print-config"]).env("CUBEFLIGHT_FLIGHT__COLOUR", "1").output();
    fails(&unknown.unwrap(), "colour");
}

#[test]
fn a_token_of_the_demo_needs_a_demo() {
    let empty = tempfile::tempdir().unwrap();
    let output = binary().args(["token", "--demo", "--data-dir"]).arg(empty.path()).output().unwrap();
    fails(&output, "secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_on_the_admin_port() {
    let gateway = Gateway::start(&Settings::both_roads(&stacks().arrow));
    assert_eq!(gateway.admin("/livez").await.0, 200);
    assert_eq!(gateway.admin("/readyz").await.0, 200);
    assert_eq!(gateway.admin("/nothing").await.0, 404);
    let mut client = gateway.client().await;
    assert_eq!(client.value("SELECT MEASURE(count) FROM sales WHERE returnflag = 'A'").await, "14876");
    assert_eq!(gateway.metric("cubeflight_queries_total", "road=\"rollup\"").await, 1.0);
    assert_eq!(gateway.metric("cubeflight_query_rows_total", "road=\"rollup\"").await, 1.0);
    assert!(gateway.metric("cubeflight_refusals_total", "").await > 0.0);
    let ended = gateway.logged_soon("a query ended").await;
    assert_eq!((&ended[0]["node_id"], ended.len()), (&"cubeflight".into(), 1));
    assert!(gateway.metric("cubeflight_store_open_sockets", "").await >= 1.0);
    assert_eq!(gateway.metric("cubeflight_store_pool_sockets", "state=\"total\"").await, 6.0);
    assert_eq!(gateway.metric("cubeflight_store_pool_sockets", "state=\"idle\"").await, 6.0);
    assert_eq!(gateway.metric("cubeflight_store_pool_waiting_queries", "").await, 0.0);
}

fn fails(output: &Output, named: &str) {
    let text = stderr(output);
    assert!(!output.status.success(), "it went well: {text}");
    assert!(text.contains(named), "`{named}` is not named: {text}");
    assert!(!text.contains("panicked"), "{text}");
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const ROLLED: &str = r#"
cubes:
  - name: orders
    sql_table: orders
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true }
      - { name: status, sql: status, type: string }
      - { name: at, sql: at, type: time }
    measures: [{ name: count, type: count }]
    pre_aggregations:
      - { name: day, measures: [count], dimensions: [status], time_dimension: at, granularity: day }
      - { name: month, measures: [count], dimensions: [status], time_dimension: at, granularity: month }
"#;

/// The answers to lines of questions, each as JSON, and whether the command failed.
fn explained(mode: &str, lines: &str) -> (Vec<serde_json::Value>, Output) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.yml"), ROLLED).unwrap();
    fs::write(folder.path().join("broken.yml"), "cubes: [{ name: broken }]").unwrap();
    let file = folder.path().join("questions.jsonl");
    fs::write(&file, lines).unwrap();
    let mut command = binary();
    command.args(["explain", "--mode", mode, "--schema", "s", "--model"]).arg(folder.path()).arg(&file);
    let output = command.output().unwrap();
    let answers = String::from_utf8(output.stdout.clone()).unwrap();
    (answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), output)
}

#[test]
fn explain_tells_the_choice_of_each_line() {
    let by_status =
        r#"{"id": "a", "query": {"measures": ["orders.count"], "dimensions": ["orders.status"]}}"#;
    let by_sql = r#"{"id": 2, "sql": "SELECT status, MEASURE(count) FROM orders WHERE at >= '2024-01-01' AND at < '2024-02-01' GROUP BY 1"}"#;
    let unknown = r#"{"query": {"measures": ["orders.nope"]}}"#;
    let lines = [by_status, by_sql, unknown].join("\n");
    let (answers, output) = explained("cube", &lines);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("left out: broken.yml"), "{}", stderr(&output));
    assert_eq!(answers[0]["pre_aggregation"], "orders.day");
    assert_eq!(answers[0]["tables"][0]["tableName"], "s.orders_day");
    let sql = "SELECT `orders__status` `orders__status`, sum(`orders__count`) `orders__count` FROM s.orders_day AS \
               `orders__day`  GROUP BY 1 ORDER BY 2 DESC LIMIT 10000";
    assert_eq!(answers[0]["sql"], sql);
    assert_eq!((&answers[1]["id"], &answers[1]["pre_aggregation"]), (&2.into(), &"orders.day".into()));
    assert_eq!(answers[2]["error"], "the data model has no member `orders.nope`");
    let (answers, _) = explained("best", &lines);
    assert_eq!(answers[0]["pre_aggregation"], "orders.month");
    assert_eq!(answers[1]["pre_aggregation"], "orders.month");
}

#[test]
fn explain_names_the_line_that_it_cannot_read() {
    let (_, output) = explained("cube", "{\"query\": {}}\nnonsense\n");
    fails(&output, "questions.jsonl:2");
    let (_, output) = explained("cube", "{\"wanted\": {}}");
    fails(&output, "unknown field `wanted`");
}

#[test]
fn check_tells_what_is_never_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.yml"), ROLLED).unwrap();
    let output = binary().args(["check", "--model"]).arg(folder.path()).output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout.clone()).unwrap(),
        "orders.month [shadowed]: `orders.day` is declared before it and answers every query that it would; declare \
         it first\n"
    );
    fails(&output, "1 to look at");
}
