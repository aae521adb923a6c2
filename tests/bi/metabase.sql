-- Sampled values
SELECT "public"."sales"."shipmode" AS "shipmode", SUBSTRING("public"."sales"."shipinstruct", 1, 1234) AS "substring1" FROM "public"."sales" GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 3;
-- How many values a field has
SELECT COUNT(DISTINCT "public"."sales"."customer_nation") AS "count" FROM "public"."sales";
-- Counts by day
SELECT CAST("public"."sales"."shipdate" AS DATE) AS "shipdate", COUNT(*) AS "count" FROM "public"."sales" WHERE "public"."sales"."shipdate" >= DATE '1995-06-01' AND "public"."sales"."shipdate" < DATE '1995-06-04' GROUP BY CAST("public"."sales"."shipdate" AS DATE) ORDER BY CAST("public"."sales"."shipdate" AS DATE) ASC;
-- Sums by week
SELECT (CAST(DATE_TRUNC('week', (CAST("public"."sales"."shipdate" AS TIMESTAMP) + INTERVAL '1 day')) AS TIMESTAMP) + INTERVAL '-1 day') AS "shipdate", SUM("public"."sales"."revenue") AS "sum" FROM "public"."sales" WHERE "public"."sales"."shipdate" >= DATE '1993-02-01' AND "public"."sales"."shipdate" < DATE '1993-02-15' GROUP BY 1 ORDER BY 1 ASC;
-- Until this year
SELECT DATE_TRUNC('year', "public"."orders"."orderdate") AS "orderdate", COUNT(*) AS "count" FROM "public"."orders" WHERE "public"."orders"."orderdate" >= DATE '1997-01-01' AND "public"."orders"."orderdate" < DATE_TRUNC('year', NOW() + INTERVAL '1 year') GROUP BY 1 ORDER BY 1 LIMIT 2;
-- Bins of a number
SELECT (FLOOR((("public"."sales"."line_quantity" - 0.0) / 12.5)) * 12.5) + 0.0 AS "line_quantity", COUNT(*) AS "count" FROM "public"."sales" GROUP BY 1 ORDER BY 1 ASC;
-- Months of the year
SELECT CAST(EXTRACT(month FROM "public"."sales"."shipdate") AS INTEGER) AS "shipdate", SUM("public"."sales"."quantity") AS "sum" FROM "public"."sales" GROUP BY 1 ORDER BY 1 LIMIT 3;
-- A text that begins and ends
SELECT "public"."sales"."shipmode" AS "shipmode", COUNT(*) AS "count" FROM "public"."sales" WHERE (LOWER("public"."sales"."shipmode") LIKE 'r%') OR ("public"."sales"."shipmode" LIKE '%CK') GROUP BY 1 ORDER BY 2 DESC, 1;
-- A custom expression
SELECT "source"."shipmode" AS "shipmode", SUM("source"."net") AS "sum" FROM (SELECT "public"."sales"."shipmode" AS "shipmode", SUM("public"."sales"."revenue") - SUM("public"."sales"."discount_amount") AS "net" FROM "public"."sales" GROUP BY 1) AS "source" GROUP BY "source"."shipmode" ORDER BY 1 LIMIT 1048575;
