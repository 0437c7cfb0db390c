package parallel

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTaskErrorSaysWhichTaskFailedOnWhat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  TaskError
		want string
	}{
		{TaskError{Index: 3, Input: "0.1", Attempt: 1, Err: errors.New("division by zero")}, "task 3 (input 0.1): division by zero"},
		{TaskError{Batch: "folds", Index: 3, Input: "0.1", Attempt: 1, Err: errBoom}, "folds: task 3 (input 0.1): boom"},
		{TaskError{Index: 3, Input: "0.1", Attempt: 2, Err: errBoom}, "task 3 (input 0.1), attempt 2: boom"},
		{TaskError{Index: 0, Input: "nil", Attempt: 1, Err: &PanicError{Value: errBoom}}, "task 0 (input nil): panic: boom"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%#v:\n got %s\nwant %s", c.err, got, c.want)
		}
	}
}

func TestInputsOfAnyKindAreShownInShort(t *testing.T) {
	t.Parallel()
	type node struct {
		Name string
		Next *node
	}
	cycle := &node{Name: "loop"}
	cycle.Next = cycle
	for name, input := range map[string]any{
		"nil":       nil,
		"large":     make([]float64, 1<<20),
		"long text": strings.Repeat("ü", 1<<20),
		"cycle":     cycle,
		"channel":   make(chan int),
		"function":  t.Run,
		"control":   "red \x1b[31m and\nbroken",
		"invalid":   "\xff\xfe",
	} {
		got := previewOf(input)
		if got == "" || len(got) > 4*longestPreview || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' }) {
			t.Errorf("%s: preview of %d bytes %.200q", name, len(got), got)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "lo…"},
		{"zwölf Boxkämpfer", 6, "zw…"}, // not within the ö
		{"", 0, ""},
		{"x", 3, "x"},
		{"äöü", 3, "…"},
	} {
		if got := clip(c.text, c.limit); got != c.want {
			t.Errorf("clip(%q, %d) = %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestStackOfPanicKeepsWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"", "goroutine 1 [running]:", "goroutine 1 [running]:\nmain.main()\n"} {
		if got := string(stackOfPanic([]byte(stack))); got != stack {
			t.Errorf("stackOfPanic(%q) = %q", stack, got)
		}
	}
}
