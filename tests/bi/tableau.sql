-- Which columns there are
SELECT "sales".* FROM "public"."sales" "sales" WHERE 1 = 0;
-- The type of a calculation
SELECT CAST(EXTRACT(YEAR FROM "sales"."shipdate") AS INTEGER) AS "yr" FROM "public"."sales" "sales" LIMIT 1;
-- Rows on the shelf
SELECT SUM(1) AS "sum:Number of Records:ok" FROM "public"."sales" "sales" HAVING COUNT(1) > 0;
-- Sums by a dimension
SELECT "sales"."shipmode" AS "shipmode", SUM("sales"."revenue") AS "sum:revenue:ok" FROM "public"."sales" "sales" GROUP BY 1 ORDER BY 1;
-- Months as a line
SELECT DATE_TRUNC('MONTH', CAST("sales"."shipdate" AS TIMESTAMP)) AS "tmn:shipdate:ok", SUM("sales"."revenue") AS "sum:revenue:ok" FROM "public"."sales" "sales" WHERE ("sales"."shipdate" >= DATE '1996-01-01' AND "sales"."shipdate" < DATE '1996-04-01') GROUP BY DATE_TRUNC('MONTH', CAST("sales"."shipdate" AS TIMESTAMP)) ORDER BY 1;
-- Years as columns
SELECT CAST(TRUNC(EXTRACT(YEAR FROM "sales"."shipdate")) AS INTEGER) AS "yr:shipdate:ok", SUM("sales"."quantity") AS "sum:quantity:ok" FROM "public"."sales" "sales" GROUP BY 1 ORDER BY 1;
-- Years and months as one number
SELECT ((CAST(TRUNC(EXTRACT(YEAR FROM "sales"."shipdate")) AS INTEGER) * 100) + CAST(TRUNC(EXTRACT(MONTH FROM "sales"."shipdate")) AS INTEGER)) AS "my:shipdate:ok", SUM("sales"."revenue") AS "sum:revenue:ok" FROM "public"."sales" "sales" WHERE EXTRACT(YEAR FROM "sales"."shipdate") = 1994 GROUP BY 1 ORDER BY 1 LIMIT 3;
-- Quarters through ODBC's escapes
SELECT {fn YEAR("sales"."shipdate")} AS "yr", {fn QUARTER("sales"."shipdate")} AS "qr", MEASURE("sales"."avg_price") AS "price" FROM "public"."sales" "sales" WHERE {fn YEAR("sales"."shipdate")} = 1995 GROUP BY {fn YEAR("sales"."shipdate")}, {fn QUARTER("sales"."shipdate")} ORDER BY 1, 2;
-- Weeks that begin on Sunday
SELECT CAST(DATE_TRUNC('WEEK', "sales"."shipdate" + INTERVAL '1 DAY') - INTERVAL '1 DAY' AS DATE) AS "twk:shipdate:ok", SUM("sales"."revenue") AS "sum:revenue:ok" FROM "public"."sales" "sales" WHERE "sales"."shipdate" BETWEEN DATE '1995-03-05' AND DATE '1995-03-25' GROUP BY 1 ORDER BY 1;
-- The ends of a date filter
SELECT MIN("sales"."shipdate") AS "lower", MAX("sales"."shipdate") AS "upper" FROM "public"."sales" "sales" HAVING COUNT(1) > 0;
-- A filter's list of values
SELECT "sales"."customer_nation" AS "customer_nation" FROM "public"."sales" "sales" GROUP BY 1 ORDER BY 1 LIMIT 4;
-- A filter that contains a text
SELECT "sales"."shipmode" AS "shipmode", SUM("sales"."revenue") AS "r" FROM "public"."sales" "sales" WHERE STRPOS(LOWER("sales"."shipmode"), LOWER('Air')) > 0 GROUP BY 1 ORDER BY 1;
-- Groups of members
SELECT CASE WHEN "sales"."shipmode" IN ('AIR', 'REG AIR') THEN 'Air' WHEN "sales"."shipmode" = 'SHIP' THEN 'Sea' ELSE 'Other' END AS "mode (group)", SUM("sales"."revenue") AS "sum:revenue:ok" FROM "public"."sales" "sales" GROUP BY 1 ORDER BY 1;
-- The largest three, by a join
SELECT "sales"."customer_nation" AS "customer_nation", SUM("sales"."revenue") AS "sum:revenue:ok", MEASURE("sales"."avg_price") AS "avg" FROM "public"."sales" "sales" INNER JOIN (SELECT "sales"."customer_nation" AS "customer_nation", SUM("sales"."revenue") AS "$__alias__0" FROM "public"."sales" "sales" GROUP BY 1 ORDER BY "$__alias__0" DESC LIMIT 3) "t0" ON ("sales"."customer_nation" = "t0"."customer_nation") GROUP BY 1 ORDER BY 2 DESC;
-- The largest two of a year, by month
SELECT "sales"."shipmode" AS "shipmode", DATE_TRUNC('MONTH', "sales"."shipdate") AS "tmn", SUM("sales"."revenue") AS "r" FROM "public"."sales" "sales" INNER JOIN (SELECT "sales"."shipmode" AS "shipmode", SUM("sales"."revenue") AS "x" FROM "public"."sales" "sales" WHERE "sales"."shipdate" >= DATE '1997-01-01' AND "sales"."shipdate" < DATE '1998-01-01' GROUP BY 1 ORDER BY 2 DESC LIMIT 2) "t0" ON ("sales"."shipmode" = "t0"."shipmode") WHERE "sales"."shipdate" >= DATE '1997-01-01' AND "sales"."shipdate" < DATE '1997-03-01' GROUP BY 1, 2 ORDER BY 1, 2;
-- A condition on an aggregate
SELECT "sales"."shipmode" AS "shipmode" FROM "public"."sales" "sales" GROUP BY 1 HAVING (SUM("sales"."revenue") >= 300000000 AND SUM("sales"."revenue") <= 309000000) ORDER BY 1;
-- A share of all, with a window
SELECT "t"."shipmode" AS "shipmode", "t"."r" / SUM("t"."r") OVER () AS "share" FROM (SELECT "sales"."shipmode" AS "shipmode", CAST(SUM("sales"."revenue") AS DOUBLE) AS "r" FROM "public"."sales" "sales" GROUP BY 1) "t" ORDER BY 1;
