package clients

import (
	"context"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
)

const byDay = "SELECT shipdate, shipmode, MEASURE(min_price) AS low FROM sales GROUP BY 1, 2"

// inParts is a connection whose answers come from so many endpoints at most.
func inParts(t *testing.T, endpoints, location string) adbc.Connection {
	t.Helper()
	connection := open(t, map[string]string{
		adbc.OptionKeyURI:      "grpc://" + told(t, "USERS"),
		adbc.OptionKeyUsername: "ann",
		adbc.OptionKeyPassword: "correct horse",
	})
	options := connection.(adbc.GetSetOptions)
	for name, value := range map[string]string{"endpoints": endpoints, "endpoint_location": location} {
		if err := options.SetOption(flightsql.OptionSessionOptionPrefix+name, value); err != nil {
			t.Fatal(err)
		}
	}
	// What the driver drops of its login must not bring back the session of before.
	runtime.GC()
	time.Sleep(50 * time.Millisecond)
	if value, err := options.GetOption(flightsql.OptionSessionOptionPrefix + "endpoints"); err != nil || value != endpoints {
		t.Fatalf("the session has %q endpoints: %v", value, err)
	}
	return connection
}

func sorted(rows [][]string) [][]string {
	slices.SortFunc(rows, slices.Compare)
	return rows
}

func TestParts(t *testing.T) {
	expected := sorted(texts(t, statement(t, inParts(t, "1", "none"), byDay)))
	if len(expected) < 1000 {
		t.Fatalf("%d rows", len(expected))
	}
	for _, location := range []string{"none", "reuse"} {
		t.Run(location, func(t *testing.T) {
			connection := inParts(t, "8", location)
			if found := sorted(texts(t, statement(t, connection, byDay))); !reflect.DeepEqual(found, expected) {
				t.Errorf("%d rows read together, %d expected", len(found), len(expected))
			}
			schema, partitions, _, err := statement(t, connection, byDay).ExecutePartitions(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if schema == nil || partitions.NumPartitions != 8 {
				t.Fatalf("%d partitions of %v", partitions.NumPartitions, schema)
			}
			parts := make([][][]string, partitions.NumPartitions)
			var reading sync.WaitGroup
			for at, partition := range partitions.PartitionIDs {
				reading.Add(1)
				go func() {
					defer reading.Done()
					reader, err := connection.ReadPartition(context.Background(), partition)
					if err != nil {
						t.Error(err)
						return
					}
					parts[at] = read(t, reader)
				}()
			}
			reading.Wait()
			if found := sorted(slices.Concat(parts...)); !reflect.DeepEqual(found, expected) {
				t.Errorf("%d rows in partitions, %d expected", len(found), len(expected))
			}
		})
	}
}
