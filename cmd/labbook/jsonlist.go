package main

import (
	"encoding/json"
	"io"
	"strings"
)

// A jsonList prints a list for programs, an element at a time and a line each, so
// that a long one is not in memory first.
type jsonList struct {
	w        io.Writer
	hasBegun bool
}

func (l *jsonList) add(element any) error {
	var b strings.Builder
	b.WriteString(map[bool]string{true: ",\n  ", false: "[\n  "}[l.hasBegun])
	l.hasBegun = true
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(element); err != nil {
		return err
	}
	_, err := io.WriteString(l.w, strings.TrimSuffix(b.String(), "\n"))
	return err
}

func (l *jsonList) close() error {
	_, err := io.WriteString(l.w, map[bool]string{true: "\n]\n", false: "[]\n"}[l.hasBegun])
	return err
}
