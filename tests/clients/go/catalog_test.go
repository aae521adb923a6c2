package clients

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
)

// catalog is what GetObjects answers, as far as it is tested.
type catalog struct {
	Name    string `json:"catalog_name"`
	Schemas []struct {
		Name   string `json:"db_schema_name"`
		Tables []struct {
			Name    string `json:"table_name"`
			Type    string `json:"table_type"`
			Columns []struct {
				Name     string `json:"column_name"`
				Position int    `json:"ordinal_position"`
				TypeName string `json:"xdbc_type_name"`
			} `json:"table_columns"`
		} `json:"db_schema_tables"`
	} `json:"catalog_db_schemas"`
}

// objects is what GetObjects answers.
func objects(t *testing.T, depth adbc.ObjectDepth, schema, table, column *string, types []string) []catalog {
	t.Helper()
	reader, err := demo(t).GetObjects(context.Background(), depth, nil, schema, table, column, types)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	found := []catalog{}
	for reader.Next() {
		text, err := reader.RecordBatch().MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var batch []catalog
		if err := json.Unmarshal(text, &batch); err != nil {
			t.Fatal(err)
		}
		found = append(found, batch...)
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// tables is the names of the tables that are found.
func tables(t *testing.T, schema, table *string, types []string) string {
	t.Helper()
	names := []string{}
	for _, catalog := range objects(t, adbc.ObjectDepthTables, schema, table, nil, types) {
		for _, schema := range catalog.Schemas {
			for _, table := range schema.Tables {
				names = append(names, table.Name)
			}
		}
	}
	return strings.Join(names, ",")
}

func TestObjectsAtEveryDepth(t *testing.T) {
	region := "region"
	for depth, expected := range map[adbc.ObjectDepth][4]int{
		adbc.ObjectDepthCatalogs:  {1, 0, 0, 0},
		adbc.ObjectDepthDBSchemas: {1, 1, 0, 0},
		adbc.ObjectDepthTables:    {1, 1, 1, 0},
		adbc.ObjectDepthAll:       {1, 1, 1, 2},
	} {
		var found [4]int
		for _, catalog := range objects(t, depth, nil, &region, nil, nil) {
			found[0]++
			for _, schema := range catalog.Schemas {
				found[1]++
				for _, table := range schema.Tables {
					found[2]++
					found[3] += len(table.Columns)
				}
			}
		}
		if found != expected {
			t.Errorf("depth %d: %v is not %v", depth, found, expected)
		}
	}
}

func TestObjectsByPattern(t *testing.T) {
	text := func(text string) *string { return &text }
	for _, asked := range []struct {
		schema, table *string
		types         []string
		expected      string
	}{
		{nil, text("%nation"), nil, "customer_nation,nation,supplier_nation"},
		{nil, text("part____"), nil, "partsupp"},
		{nil, text("customer\\_nation"), nil, "customer_nation"},
		{text("pub%"), text("r%"), nil, "region"},
		{text("none"), nil, nil, ""},
		{nil, nil, []string{"VIEW"}, "sales"},
		{nil, text("none"), nil, ""},
	} {
		if found := tables(t, asked.schema, asked.table, asked.types); found != asked.expected {
			t.Errorf("%v: %q is not %q", asked, found, asked.expected)
		}
	}
}

func TestColumnsAreExplained(t *testing.T) {
	table, column := "sales", "order_value"
	found := objects(t, adbc.ObjectDepthAll, nil, &table, &column, nil)[0].Schemas[0].Tables[0].Columns
	if len(found) != 1 || found[0].TypeName != "DECIMAL" {
		t.Errorf("%v", found)
	}
	// GetObjects of the driver passes no remarks on.
	schema, err := demo(t).GetTableSchema(context.Background(), nil, nil, table)
	if err != nil {
		t.Fatal(err)
	}
	field := schema.Field(schema.FieldIndices(column)[0])
	if remarks, _ := field.Metadata.GetValue("ARROW:FLIGHT:SQL:REMARKS"); !strings.HasPrefix(remarks, "Order value: ") {
		t.Errorf("%s", field)
	}
}

func TestTableSchema(t *testing.T) {
	connection := demo(t)
	catalog, schema := "cube", "public"
	found, err := connection.GetTableSchema(context.Background(), &catalog, &schema, "nation")
	if err != nil {
		t.Fatal(err)
	}
	expected := arrow.NewSchema([]arrow.Field{
		{Name: "count", Type: arrow.PrimitiveTypes.Int64},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	for i, field := range found.Fields() {
		field.Metadata = arrow.Metadata{}
		if !field.Equal(expected.Field(i)) {
			t.Errorf("%s is not %s", field, expected.Field(i))
		}
	}
	if _, err := connection.GetTableSchema(context.Background(), &catalog, &schema, "none"); err == nil {
		t.Error("there is no such table")
	}
}

func TestTableTypesAndInfo(t *testing.T) {
	connection := demo(t)
	types, err := connection.GetTableTypes(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if found := read(t, types); !reflect.DeepEqual(found, [][]string{{"LOCAL TEMPORARY"}, {"TABLE"}, {"VIEW"}}) {
		t.Errorf("%v", found)
	}
	info, err := connection.GetInfo(context.Background(), []adbc.InfoCode{adbc.InfoVendorName})
	if err != nil {
		t.Fatal(err)
	}
	if found := read(t, info); len(found) != 1 || !strings.Contains(found[0][1], "Cubeflight") {
		t.Errorf("%v", found)
	}
}
