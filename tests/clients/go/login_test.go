package clients

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
)

func TestLogin(t *testing.T) {
	certificate, err := os.ReadFile(told(t, "CERTIFICATE"))
	if err != nil {
		t.Fatal(err)
	}
	bearer := "Bearer " + told(t, "TOKEN")
	for name, options := range map[string]map[string]string{
		"a token": {
			adbc.OptionKeyURI:                   "grpc://" + told(t, "DEMO"),
			flightsql.OptionAuthorizationHeader: bearer,
		},
		"a password": {
			adbc.OptionKeyURI:      "grpc://" + told(t, "USERS"),
			adbc.OptionKeyUsername: "ann",
			adbc.OptionKeyPassword: "correct horse",
		},
		"a token over TLS": {
			adbc.OptionKeyURI:                   "grpc+tls://" + told(t, "TLS"),
			flightsql.OptionAuthorizationHeader: bearer,
			flightsql.OptionSSLRootCerts:        string(certificate),
		},
		"a password over TLS": {
			adbc.OptionKeyURI:            "grpc+tls://" + told(t, "TLS"),
			adbc.OptionKeyUsername:       "dan",
			adbc.OptionKeyPassword:       "secret",
			flightsql.OptionSSLRootCerts: string(certificate),
		},
		"TLS that is not verified": {
			adbc.OptionKeyURI:                   "grpc+tls://" + told(t, "TLS"),
			flightsql.OptionAuthorizationHeader: bearer,
			flightsql.OptionSSLSkipVerify:       adbc.OptionValueEnabled,
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := texts(t, statement(t, open(t, options), "SELECT MEASURE(count) FROM orders"))
			if !reflect.DeepEqual(found, [][]string{{"15000"}}) {
				t.Errorf("found %v", found)
			}
		})
	}
}

func TestRefusedLogins(t *testing.T) {
	for name, options := range map[string]map[string]string{
		"a bad token":          {flightsql.OptionAuthorizationHeader: "Bearer nobody"},
		"no credential":        {},
		"a password of nobody": {adbc.OptionKeyUsername: "nobody", adbc.OptionKeyPassword: "no"},
	} {
		t.Run(name, func(t *testing.T) {
			options[adbc.OptionKeyURI] = "grpc://" + told(t, "DEMO")
			connection, err := tried(t, options)
			if err == nil {
				_, _, err = statement(t, connection, "SELECT 1").ExecuteQuery(context.Background())
			}
			var refusal adbc.Error
			if !errors.As(err, &refusal) || refusal.Code != adbc.StatusUnauthenticated {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(refusal.Msg, "credential") {
				t.Errorf("%v", refusal.Msg)
			}
		})
	}
}

func TestTLSIsVerified(t *testing.T) {
	connection, err := tried(t, map[string]string{
		adbc.OptionKeyURI:                   "grpc+tls://" + told(t, "TLS"),
		flightsql.OptionAuthorizationHeader: "Bearer " + told(t, "TOKEN"),
	})
	if err == nil {
		_, _, err = statement(t, connection, "SELECT 1").ExecuteQuery(context.Background())
	}
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v", err)
	}
}
