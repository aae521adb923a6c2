-- Which columns there are
select * from "public"."sales" where 1 = 2;
-- A table's first rows
select top 3 "shipmode", "returnflag", sum("revenue") as "a0" from "public"."sales" group by "shipmode", "returnflag" order by 3 desc;
-- A visual over a nested query
select "_"."shipmode", "_"."a0" from (select "rows"."shipmode" as "shipmode", sum(cast("rows"."revenue" as decimal(38, 4))) as "a0" from (select "shipmode", "revenue" from "public"."sales" "$Table") "rows" group by "shipmode") "_" where not "_"."a0" is null order by "_"."shipmode" limit 1000001;
-- How many values, and whether one is NULL
select count(distinct("rows"."shipmode")) + max(case when "rows"."shipmode" is null then 1 else 0 end) as "a0" from "public"."sales" "rows";
-- A slicer that contains a text
select "rows"."customer_nation" as "customer_nation" from "public"."sales" "rows" where case when "rows"."customer_nation" is not null then strpos("rows"."customer_nation", 'UNITED') > 0 else false end group by "customer_nation" order by "customer_nation";
-- A slicer of days
select "rows"."shipdate" as "shipdate", sum("rows"."quantity") as "a0" from "public"."sales" "rows" where "rows"."shipdate" >= timestamp '1995-01-01 00:00:00' and "rows"."shipdate" < timestamp '1995-01-04 00:00:00' group by "shipdate" order by "shipdate";
-- A matrix of years and months
select "_"."y", "_"."m", "_"."a0" from (select year("shipdate") as "y", month("shipdate") as "m", sum("revenue") as "a0", measure("avg_discount") as "a1" from "public"."sales" where "shipdate" >= date '1996-11-01' and "shipdate" < date '1997-02-01' group by year("shipdate"), month("shipdate")) "_" order by 1, 2;
-- Two measures that do not add up
select "rows"."customer_segment", measure("rows"."avg_price") as "price", measure("rows"."customers") as "customers" from "public"."sales" "rows" group by "rows"."customer_segment" order by 1;
-- A card
select sum("revenue") as "a0", count(*) as "a1" from "public"."sales";
