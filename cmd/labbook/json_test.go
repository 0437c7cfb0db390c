package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// jsonCommand is "json PATH WANT": what the last command printed must be one
// JSON value, and the value at PATH in it must be WANT; WANT is a regular
// expression if it begins with a tilde. "json -env NAME PATH" keeps the value
// in an environment variable instead. The path is made of names and indices
// with dots between ("0.reason.kind"); at its end len means how many there are.
// A path of only a dot is the whole value.
func jsonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 3 && args[0] == "-env" && !neg {
		ts.Setenv(args[1], selectJSON(ts, args[2]))
		return
	}
	if len(args) != 2 {
		ts.Fatalf("usage: json PATH WANT, or json -env NAME PATH")
	}
	got := selectJSON(ts, args[0])
	if matchesText(ts, args[1], got) == neg {
		ts.Fatalf("%s is %s, want %s (negated: %t)", args[0], got, args[1], neg)
	}
}

// keysCommand is "keys PATH NAME…": the object at PATH must have these keys, in
// this order, and no others.
func keysCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: keys PATH NAME…")
	}
	got, err := objectKeys([]byte(selectJSON(ts, args[0])))
	ts.Check(err)
	if diff := cmp.Diff(args[1:], got); diff != "" {
		ts.Fatalf("keys of %s (-want +got):\n%s", args[0], diff)
	}
}

func selectJSON(ts *testscript.TestScript, path string) string {
	value, err := lookUp([]byte(ts.ReadFile("stdout")), path)
	ts.Check(err)
	return value
}

func matchesText(ts *testscript.TestScript, want, got string) bool {
	pattern, isPattern := strings.CutPrefix(want, "~")
	if !isPattern {
		return want == got
	}
	matched, err := regexp.MatchString(pattern, got)
	ts.Check(err)
	return matched
}

// lookUp returns the value at a path of a document: the text of a string, the
// JSON of anything else.
func lookUp(document []byte, path string) (string, error) {
	value, err := onlyValue(document)
	if err != nil {
		return "", err
	}
	if path != "." {
		for step := range strings.SplitSeq(path, ".") {
			if value, err = stepInto(value, step); err != nil {
				return "", fmt.Errorf("path %s: %w", path, err)
			}
		}
	}
	var text string
	if err := json.Unmarshal(value, &text); err == nil && value[0] == '"' {
		return text, nil
	}
	return string(value), nil
}

// onlyValue makes sure that a document is one JSON value and nothing else.
func onlyValue(document []byte) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	var value json.RawMessage
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read JSON: something stands behind the value")
	}
	return value, nil
}

func stepInto(value json.RawMessage, step string) (json.RawMessage, error) {
	var list []json.RawMessage
	var object map[string]json.RawMessage
	listErr, objectErr := json.Unmarshal(value, &list), json.Unmarshal(value, &object)
	index, indexErr := strconv.Atoi(step)
	found, isKey := object[step]
	switch {
	case step == "len" && listErr == nil:
		return json.RawMessage(strconv.Itoa(len(list))), nil
	case step == "len" && objectErr == nil:
		return json.RawMessage(strconv.Itoa(len(object))), nil
	case listErr == nil && indexErr == nil && index >= 0 && index < len(list):
		return list[index], nil
	case isKey:
		return found, nil
	}
	return nil, fmt.Errorf("there is no %s in %s", step, value)
}

// objectKeys returns the keys of an object in the order of the document.
func objectKeys(document []byte) ([]string, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("this is no object: %s", document)
	}
	var keys []string
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		keys = append(keys, fmt.Sprint(key))
	}
	return keys, nil
}

func TestLookUp(t *testing.T) {
	t.Parallel()
	const document = `{"a": [{"b": "x.y", "n": 1.5, "z": null, "e": ""}, 2], "c": {}}`
	for _, test := range []struct{ path, want string }{
		{"a.0.b", "x.y"}, {"a.0.n", "1.5"}, {"a.0.z", "null"}, {"a.0.e", ""}, {"a.1", "2"}, {"a.len", "2"}, {"c", "{}"}, {"c.len", "0"}, {".", document},
	} {
		if got, err := lookUp([]byte(document), test.path); err != nil || got != test.want {
			t.Errorf("%s: %q, %v; want %q", test.path, got, err, test.want)
		}
	}
	for _, path := range []string{"b", "a.2", "a.-1", "a.0.b.c", "a.x", "len.0"} {
		if got, err := lookUp([]byte(document), path); err == nil {
			t.Errorf("%s: %q; want an error", path, got)
		}
	}
	for _, wrong := range []string{"", "{", "1 2", "{} x"} {
		if got, err := lookUp([]byte(wrong), "."); err == nil {
			t.Errorf("%q counts as one value: %q", wrong, got)
		}
	}
	keys, err := objectKeys([]byte(`{"z": {"y": 1}, "a": [2], "m": null}`))
	if diff := cmp.Diff([]string{"z", "a", "m"}, keys); diff != "" || err != nil {
		t.Errorf("keys: %v\n%s", err, diff)
	}
}
