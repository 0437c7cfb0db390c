package runlog

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"
	"unicode"

	"labbook/runlog/event"
	"labbook/runlog/record"
	"labbook/runlog/secrets"
)

// SetVariable names the environment variable that overrides parameters from
// outside: LABBOOK_SET="C=2 seed=7".
const SetVariable = "LABBOOK_SET"

// Params fills the exported fields of the struct that into points to, from the
// program's flags, else from LABBOOK_SET, else from the field's default tag,
// else leaves what is there, and records them:
//
//	p := struct {
//		C     float64 `default:"1.0" help:"regularisation"`
//		Folds int     `default:"5"`
//	}{}
//	if err := run.Params(&p); err != nil {
//		return err
//	}
//
// Fields are of the kinds bool, int, uint, float, string, time.Duration,
// encoding.TextUnmarshaler, or slices of those, which take values separated by
// commas. A flag is the field's name in lower case with dashes (-max-depth for
// MaxDepth; a name tag overrides it); LABBOOK_SET takes that name or the
// field's. Arguments that are no flags are left to Args. The error is a
// *UsageError, or flag.ErrHelp after -h.
func (r *Run) Params(into any) error {
	fields, err := paramFields(into)
	if err != nil {
		return &UsageError{err}
	}
	if err := setDefaults(fields); err != nil {
		return &UsageError{err}
	}
	if err := setFromEnvironment(fields, os.Getenv(SetVariable)); err != nil {
		return &UsageError{err}
	}
	set := flag.NewFlagSet(programName(&record.Run{Exe: os.Args[0]}), flag.ContinueOnError)
	for _, f := range fields {
		set.Var(f, f.flag, f.help)
	}
	set.SetOutput(io.Discard) // Main prints mistakes, once
	set.Usage = func() {}
	r.mu.Lock()
	defer r.mu.Unlock()
	err = set.Parse(r.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		set.SetOutput(os.Stdout)
		_, _ = fmt.Fprintf(os.Stdout, "Usage of %s:\n", set.Name()) // asked for, but nothing hangs on it
		set.PrintDefaults()
		return err
	case err != nil:
		return &UsageError{fmt.Errorf("read parameters: %w; -h lists them", err)}
	}
	set.Visit(func(seen *flag.Flag) { seen.Value.(*paramField).source = "flag" })
	r.args = set.Args()

	params := make([]record.Param, len(fields))
	for i, f := range fields {
		params[i] = record.Param{Name: f.name, Value: r.recorder.shownParam(f), Source: f.source, Help: f.help}
	}
	r.recorder.Emit(&event.RunParams{Params: params})
	return nil
}

// shownParam returns what the lab-book shows of a parameter, which has two names.
func (r *Recorder) shownParam(f *paramField) string {
	masker := r.secrets
	if masker == nil {
		masker = &secrets.Masker{}
	}
	value := f.String()
	if shown := masker.Value(f.name, value); shown != value {
		return shown
	}
	return masker.Value(f.flag, value)
}

// Args returns the program's arguments that Params did not take.
func (r *Run) Args() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.args
}

// A paramField is one field of a parameter struct; it is a flag.Value.
type paramField struct {
	name, flag, help, standard string
	hasStandard                bool
	source                     string
	value                      reflect.Value
}

func paramFields(into any) ([]*paramField, error) {
	pointer := reflect.ValueOf(into)
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() || pointer.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("read parameters: Params wants a pointer to a struct, not %T", into)
	}
	var fields []*paramField
	for field, value := range fieldsOf(pointer.Elem()) {
		if !field.IsExported() {
			continue
		}
		f := &paramField{name: field.Name, flag: field.Tag.Get("name"), help: field.Tag.Get("help"), source: "default", value: value}
		if f.flag == "" {
			f.flag = dashed(field.Name)
		}
		f.standard, f.hasStandard = field.Tag.Lookup("default")
		if err := parseParam(reflect.New(value.Type()).Elem(), zeroText(value.Type())); err != nil {
			return nil, fmt.Errorf("read parameters: field %s: %w", field.Name, err)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func fieldsOf(v reflect.Value) func(func(reflect.StructField, reflect.Value) bool) {
	return func(yield func(reflect.StructField, reflect.Value) bool) {
		for i := range v.NumField() {
			if !yield(v.Type().Field(i), v.Field(i)) {
				return
			}
		}
	}
}

func setDefaults(fields []*paramField) error {
	for _, f := range fields {
		if !f.hasStandard {
			continue
		}
		if err := parseParam(f.value, f.standard); err != nil {
			return fmt.Errorf("read parameters: field %s: its default: %w", f.name, err)
		}
	}
	return nil
}

func setFromEnvironment(fields []*paramField, settings string) error {
	for setting := range strings.FieldsSeq(settings) {
		name, text, found := strings.Cut(setting, "=")
		if !found {
			return fmt.Errorf("read parameters: %s: %q should be NAME=VALUE", SetVariable, setting)
		}
		known := false
		for _, f := range fields {
			if strings.EqualFold(name, f.name) || name == f.flag {
				if err := parseParam(f.value, text); err != nil {
					return fmt.Errorf("read parameters: %s: %s: %w", SetVariable, name, err)
				}
				f.source, known = SetVariable, true
			}
		}
		if !known {
			names := make([]string, len(fields))
			for i, f := range fields {
				names[i] = f.name
			}
			return fmt.Errorf("read parameters: %s: there is no parameter %q; there are %s", SetVariable, name, strings.Join(names, ", "))
		}
	}
	return nil
}

// dashed turns MaxDepth into max-depth and HTTPPort into http-port.
func dashed(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		startsWord := unicode.IsUpper(c) && i > 0 &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// String implements flag.Value.
func (f *paramField) String() string {
	if f == nil || !f.value.IsValid() {
		return "" // package flag asks the zero value for its default
	}
	return formatParam(f.value)
}

// Set implements flag.Value.
func (f *paramField) Set(text string) error { return parseParam(f.value, text) }

// IsBoolFlag lets a bool be given as -name alone.
func (f *paramField) IsBoolFlag() bool { return f.value.Kind() == reflect.Bool }

var durationType = reflect.TypeFor[time.Duration]()
