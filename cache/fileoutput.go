package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"labbook/cache/store"
)

// An output is a File among the results of a call, as it was when the call had
// returned. The outputs of a call are stored behind its results: as one more
// value, if the types of the results may hold Files.
type output struct {
	Path   string
	Size   int64
	Mode   uint32 // permissions
	Digest []byte // diffargs.SumReader of the content
}

var outputsType = reflect.TypeFor[[]output]()

// storedTypes returns the types of what is stored for results of these types.
func storedTypes(results []reflect.Type) []reflect.Type {
	if !holdFiles(results) {
		return results
	}
	return append(slices.Clip(results), outputsType)
}

// takeOutputs takes the outputs off the values that were stored of a call.
func takeOutputs(values []reflect.Value, types []reflect.Type) (results []reflect.Value, outputs []output) {
	if last := len(types) - 1; last >= 0 && types[last] == outputsType {
		outputs, _ = reflect.TypeAssert[[]output](values[last])
		values = values[:last]
	}
	return values, outputs
}

// withOutputs returns what is to be stored of a call, and keeps copies of its
// Files. The error says what makes that impossible.
func (inv *invocation) withOutputs(entries *store.Store, results []reflect.Value) ([]reflect.Value, error) {
	outputs, err := inv.outputs(entries, results)
	if err == nil {
		err = checkInputs(inv.key.files, outputs)
	}
	if err != nil {
		return nil, err
	}
	if inv.returnFiles {
		results = append(slices.Clip(results), reflect.ValueOf(outputs))
	}
	return results, nil
}

// outputs returns the Files among the results, and keeps copies of them.
func (inv *invocation) outputs(entries *store.Store, results []reflect.Value) ([]output, error) {
	if !inv.returnFiles {
		return nil, nil
	}
	return outputsOf(entries, results, func(file File, c content) {
		if err := keepCopy(entries, file, c); err != nil {
			// The result can be stored nevertheless, and serve for as long
			// as the file stays where it is.
			inv.memory.warn("folder", fmt.Errorf("keep a copy of %s, which %s made: %w", file, inv.name(), err))
		}
	})
}

// outputsOf returns the Files among results as they are, and calls each for every one
// of them.
func outputsOf(entries *store.Store, results []reflect.Value, each func(File, content)) ([]output, error) {
	var outputs []output
	for i, result := range results {
		for _, found := range filesIn(result) {
			if slices.ContainsFunc(outputs, func(o output) bool { return o.Path == string(found.file) }) {
				continue
			}
			c, err := found.file.content(entries)
			if err != nil {
				return nil, fmt.Errorf("result %d%s: %w", i+1, found.where, err)
			}
			outputs = append(outputs, output{string(found.file), c.stamp.size, uint32(c.mode.Perm()), c.digest[:]})
			each(found.file, c)
		}
	}
	return outputs, nil
}

// restoreFiles makes sure that the files that a call made are as it made them.
// The problem is "" if they are, else it says why the results are of no use.
// The detail says what had to be done.
func restoreFiles(entries *store.Store, outputs []output) (detail, problem string) {
	var done []string
	for i := range outputs {
		o := &outputs[i]
		state, isThere := o.state(entries)
		if isThere {
			// The copy was not needed, but is no older than what it belongs to.
			entries.Use(copiesOf, store.Key(o.Digest)).Touch()
			continue
		}
		if err := o.restore(entries); errors.Is(err, errNoCopy) {
			return "", fmt.Sprintf("its output file %s %s and no copy is kept", o.Path, state)
		} else if err != nil {
			return "", fmt.Sprintf("its output file %s %s and cannot be restored: %v", o.Path, state, err)
		}
		done = append(done, fmt.Sprintf("restored its output file %s, which %s", o.Path, state))
	}
	return strings.Join(done, "; "), ""
}

// filesProblem says what would keep restoreFiles from doing its work, and
// changes nothing: "" for what can be seen from here.
func filesProblem(entries *store.Store, outputs []output) string {
	for i := range outputs {
		o := &outputs[i]
		if state, isThere := o.state(entries); !isThere && (len(o.Digest) != len(store.Key{}) || !entries.Contains(copiesOf, store.Key(o.Digest))) {
			return fmt.Sprintf("its output file %s %s and no copy is kept", o.Path, state)
		}
	}
	return ""
}

// state reports whether the file is as it was made, and if not, what it is.
func (o *output) state(entries *store.Store) (state string, isThere bool) {
	c, err := File(o.Path).look()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is missing", false
	case errors.Is(err, errDirectory), errors.Is(err, errIrregular):
		return "is something else now", false
	case err == nil && c.stamp.size != o.Size:
		return "has changed", false
	case err == nil:
		if c, err = File(o.Path).content(entries); err == nil {
			return "has changed", string(c.digest[:]) == string(o.Digest)
		}
	}
	return "cannot be read", false
}
