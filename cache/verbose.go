package cache

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// Levels of Options.Verbose and of the option Verbose.
const (
	tellComputed  = 1
	tellLoaded    = 2
	tellArguments = 3
)

func (f *function) verbosity() int {
	if f.settings.verbosity != nil {
		return *f.settings.verbosity
	}
	if f.memory == nil {
		return 0
	}
	return f.memory.options.Verbose
}

// tell prints a line for people.
func (f *function) tell(format string, args ...any) {
	f.memory.write(f.memory.options.Messages, "[labbook] %s\n", safetext.Line(fmt.Sprintf(format, args...)))
}

func (inv *invocation) tellComputing() {
	if inv.memory == nil || inv.verbosity() < tellComputed {
		return
	}
	why := ""
	if inv.reason != "" {
		why = " (" + string(inv.reason) + ": " + inv.detail + ")"
	}
	inv.tell("computing %s%s", inv.shown(inv.args), why)
}

func (inv *invocation) tellComputed(end *event.CallEnd, took time.Duration) {
	if inv.memory == nil || inv.verbosity() < tellComputed {
		return
	}
	came := ""
	switch {
	case end.Error != "":
		came = ", which failed: " + end.Error
	case end.StoreError != "":
		came = ", which could not be kept: " + end.StoreError
	case end.Outcome == record.Miss:
		came = ", kept as " + display.Bytes(end.ResultBytes)
	}
	inv.tell("computed %s in %s%s", display.Function(inv.name()), display.Duration(took), came)
}

func (f *function) tellLoaded(h *hit, args []reflect.Value) {
	if f.verbosity() < tellLoaded {
		return
	}
	f.tell("loaded %s, computed in %s %s ago", f.shown(args), display.Duration(h.took), display.Duration(max(0, time.Since(h.created))))
}

// shown is how a call is written: with its arguments, if these are asked for.
func (f *function) shown(args []reflect.Value) string {
	name := display.Function(f.name())
	if f.verbosity() < tellArguments {
		return name
	}
	var b strings.Builder
	b.WriteString(name + "(")
	for i, p := range f.params {
		if p.name == "" {
			continue
		}
		if !strings.HasSuffix(b.String(), "(") {
			b.WriteString(", ")
		}
		b.WriteString(p.name + "=" + diffargs.Preview(args[i], previewLength))
	}
	return b.String() + ")"
}
