package parallel

import (
	"bytes"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"unicode/utf8"
)

// ErrGoexit is the error of a task that ended its goroutine by runtime.Goexit,
// as t.FailNow and t.SkipNow of package testing do.
var ErrGoexit = errors.New("the task ended its goroutine (runtime.Goexit, or FailNow of a test)")

// A TaskError says which task of a batch failed. It wraps the error that the
// task returned, or the *PanicError of its panic.
type TaskError struct {
	Batch   string // the Label of the batch, empty if it has none
	Index   int    // of the task's input, counting from 0
	Input   string // a short preview of the input
	Attempt int    // counting from 1
	Err     error
	Stack   []byte // of the panic behind Err; nil if there is none
}

func (e *TaskError) Error() string {
	var text strings.Builder
	if e.Batch != "" {
		fmt.Fprintf(&text, "%s: ", e.Batch)
	}
	fmt.Fprintf(&text, "task %d (input %s)", e.Index, e.Input)
	if e.Attempt > 1 {
		fmt.Fprintf(&text, ", attempt %d", e.Attempt)
	}
	fmt.Fprintf(&text, ": %v", e.Err)
	return text.String()
}

func (e *TaskError) Unwrap() error { return e.Err }

// A PanicError is a panic that became an error. If the value of the panic was
// an error itself, errors.Is and errors.As see it.
type PanicError struct {
	Value any
	Stack []byte // of the panic, as runtime/debug.Stack formats it
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// newPanicError must be called while the panic is being recovered, so that the
// stack still shows where it began.
func newPanicError(value any) *PanicError {
	return &PanicError{Value: value, Stack: stackOfPanic(debug.Stack())}
}

// stackOfPanic leaves out the frames above the panic: they are those of the
// recovery, the same for every panic.
func stackOfPanic(stack []byte) []byte {
	header, frames, found := bytes.Cut(stack, []byte("\n"))
	at := bytes.Index(frames, []byte("\npanic("))
	if !found || at < 0 {
		return stack
	}
	return bytes.Join([][]byte{header, frames[at+1:]}, []byte("\n"))
}

// longestErrorText bounds what one task can add to the lab-book by failing.
const longestErrorText = 4 << 10

// errorText is err for the lab-book, with the stack of a panic.
func errorText(err error) string {
	text := err.Error()
	if p, ok := errors.AsType[*PanicError](err); ok {
		text = fmt.Sprintf("%s\n\n%s", clip(text, longestErrorText/2), p.Stack)
	}
	return clip(text, longestErrorText)
}

// clip shortens text to at most limit bytes and says so with an ellipsis.
func clip(text string, limit int) string {
	const ellipsis = "…"
	if len(text) <= limit {
		return text
	}
	cut := limit - len(ellipsis)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + ellipsis
}
