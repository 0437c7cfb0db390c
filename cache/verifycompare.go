package cache

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"labbook/cache/persist"
	"labbook/cache/recheck"
	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog/display"
)

// A standard is the stored result that others are compared with.
type standard struct {
	results []reflect.Value
	digests []diffargs.Digest
	problem error // why there are no digests
	payload [32]byte
	outputs []output

	// snapshots are there if the results hold Files, whose content will not be
	// what it was.
	snapshots []*diffargs.Snapshot
}

func newStandard(entry *store.Entry, results []reflect.Value, outputs []output, holdsFiles bool) *standard {
	s := &standard{results: results, payload: entry.PayloadDigest, outputs: outputs}
	s.digests, s.problem = digestsOf(results)
	if holdsFiles && s.problem == nil {
		s.snapshots, s.problem = snapshotsOf(results)
	}
	return s
}

func digestsOf(values []reflect.Value) ([]diffargs.Digest, error) {
	digests := make([]diffargs.Digest, len(values))
	for i, v := range values {
		var err error
		if digests[i], err = digestOf(diffargs.Hasher{}, v); err != nil {
			return nil, err
		}
	}
	return digests, nil
}

func snapshotsOf(values []reflect.Value) ([]*diffargs.Snapshot, error) {
	snapshots := make([]*diffargs.Snapshot, len(values))
	for i, v := range values {
		err := guarded(func() (err error) {
			snapshots[i], err = diffargs.Take(v, diffargs.Limits{})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return snapshots, nil
}

// compare says how what was computed compares with what is stored. They are equal
// if they are equal arguments, or if they would be, once stored and loaded: some
// types come back otherwise than they went. What cannot be an argument is
// compared by its stored form.
func (f *function) compare(want *standard, got *attempt) (recheck.Finding, string, error) {
	digests, err := digestsOf(got.results)
	if err == nil && want.problem == nil {
		got.digests = digests
		if slices.Equal(digests, want.digests) && sameOutputs(got.outputs, want.outputs) {
			return recheck.Equal, "", nil
		}
	}
	loaded, payload, err := f.storedAndLoaded(got)
	if err != nil {
		return "", "", fmt.Errorf("what it returned cannot be stored: %w", err)
	}
	if got.digests == nil {
		got.payload = payload
	}
	if payload == want.payload {
		return recheck.Equal, "", nil
	}
	finding, text := f.differences(want, loaded, got.outputs)
	return finding, text, nil
}

// storedAndLoaded returns results as they would be loaded, and the digest of their
// stored form.
func (f *function) storedAndLoaded(a *attempt) (results []reflect.Value, payload [32]byte, err error) {
	values := a.results
	if f.returnFiles {
		values = append(slices.Clip(values), reflect.ValueOf(a.outputs))
	}
	var b bytes.Buffer
	if err := persist.EncodeValues(&b, values, f.settings.encoding...); err != nil {
		return nil, payload, err
	}
	payload = store.Digest(b.Bytes())
	results, _, err = decodePayload(b.Bytes(), f.stored)
	return results, payload, err
}

// differences says in what results differ, and where first.
func (f *function) differences(want *standard, got []reflect.Value, outputs []output) (recheck.Finding, string) {
	before, err := want.snapshots, want.problem
	if before == nil && err == nil {
		before, err = snapshotsOf(want.results)
	}
	var after []*diffargs.Snapshot
	if err == nil {
		after, err = snapshotsOf(got)
	}
	if err != nil {
		return recheck.Different, fmt.Sprintf("the stored forms of the results differ; where, cannot be told: %v", err)
	}
	first, count, finding := "", 0, recheck.Noise
	found := func(text string, kind diffargs.Kind) {
		if count++; count == 1 {
			first = text
		}
		if kind != diffargs.FloatNoise && kind != diffargs.NegativeZero {
			finding = recheck.Different
		}
	}
	for _, text := range outputDifferences(want.outputs, outputs) {
		found(text, diffargs.Value)
	}
	for i := range before {
		for _, d := range diffargs.Diff(before[i], after[i]) {
			if count > 0 && d.Before == d.After && d.Detail == "" {
				continue // a File, which counts by its content
			}
			found(inWords(&d, resultName(i, len(before))), d.Kind)
		}
	}
	switch count {
	case 0: // they are equal arguments after all
		return recheck.Equal, ""
	case 1:
		return finding, first
	}
	return finding, fmt.Sprintf("%s; and %s", first, display.Plural(int64(count-1), "difference more", "differences more"))
}

func resultName(i, count int) string {
	if count == 1 {
		return "result"
	}
	return fmt.Sprintf("result%d", i+1)
}

func inWords(d *diffargs.Difference, name string) string {
	text := name + d.Path + ": "
	switch {
	case d.Before != "" && d.After != "":
		text += d.Before + " → " + d.After
	case d.After != "":
		text += "new: " + d.After
	case d.Before != "":
		text += "gone: " + d.Before
	default:
		text += string(d.Kind)
	}
	if d.Detail != "" {
		text += " (" + d.Detail + ")"
	}
	return text
}

func sameOutputs(a, b []output) bool { return len(outputDifferences(a, b)) == 0 }

// outputDifferences says which files differ. Permissions are not compared: they
// depend on who runs the program.
func outputDifferences(before, after []output) (list []string) {
	for i := range max(len(before), len(after)) {
		switch {
		case i >= len(after):
			list = append(list, fmt.Sprintf("the file %s is not made any more", before[i].Path))
		case i >= len(before):
			list = append(list, fmt.Sprintf("the file %s is new", after[i].Path))
		case before[i].Path != after[i].Path:
			list = append(list, fmt.Sprintf("the file is %s → %s", before[i].Path, after[i].Path))
		case !bytes.Equal(before[i].Digest, after[i].Digest):
			list = append(list, fmt.Sprintf("the content of the file %s: %s → %s, from %s on", before[i].Path,
				display.Bytes(before[i].Size), display.Bytes(after[i].Size), display.Digest(fmt.Sprintf("%x", after[i].Digest))))
		}
	}
	return list
}

// filesAtRisk says which file could not be brought back once the function has
// written to it, "" if there is none.
func (s *standard) filesAtRisk(entries *store.Store) string {
	for i := range s.outputs {
		o := &s.outputs[i]
		if len(o.Digest) != len(store.Key{}) || !entries.Contains(copiesOf, store.Key(o.Digest)) {
			return fmt.Sprintf("it was not computed again: of its output file %s no copy is kept, which would be needed to bring it back", o.Path)
		}
	}
	return ""
}
