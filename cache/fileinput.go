package cache

import (
	"fmt"
	"reflect"
	"slices"
)

// A fileUse says where Files are in the calls of a function.
type fileUse struct {
	takeFiles, returnFiles bool           // the arguments, the results may hold some
	stored                 []reflect.Type // what is stored of a call, see storedTypes
}

// planFiles is to be called when the function's types are known.
func (f *function) planFiles() {
	for i, p := range f.params {
		f.takeFiles = f.takeFiles || p.name != "" && !p.ignored && filePlanOf(f.typ.In(i)) != nil
	}
	f.returnFiles = holdFiles(f.results)
	f.stored = storedTypes(f.results)
}

// An inputFile is a File among the arguments of a call, and what the file
// system said of it just before it was keyed.
type inputFile struct {
	file  File
	stamp stamp
}

// lookAtFiles is to be called before the arguments of a call are digested: it
// looks for notes of their Files. What cannot be looked at is left to the digest
// to refuse.
func (f *function) lookAtFiles(args []reflect.Value) []inputFile {
	if !f.takeFiles {
		return nil
	}
	entries, _ := f.memory.entries() // without a store there are no notes
	var inputs []inputFile
	for i, p := range f.params {
		if p.name == "" || p.ignored {
			continue
		}
		for _, found := range filesIn(args[i]) {
			c, err := found.file.look()
			if err != nil {
				continue
			}
			inputs = append(inputs, inputFile{found.file, c.stamp})
			if entries == nil || c.stamp.size < notedSize {
				continue
			}
			memo := fileMemos.of(c.stamp)
			memo.mu.Lock()
			memo.recall(string(found.file), c.stamp, entries)
			memo.mu.Unlock()
		}
	}
	return inputs
}

// noteFiles writes down, for other processes, what digesting the arguments has
// found out about their Files.
func (f *function) noteFiles(inputs []inputFile) {
	if len(inputs) == 0 {
		return
	}
	entries, _ := f.memory.entries()
	if entries == nil {
		return
	}
	for _, input := range inputs {
		if input.stamp.size < notedSize {
			continue
		}
		memo := fileMemos.of(input.stamp)
		memo.mu.Lock()
		if memo.stamp == input.stamp {
			memo.note(string(input.file), entries)
		}
		memo.mu.Unlock()
	}
}

// checkInputs reports an input that is no longer what it was when the call was
// keyed: what the function read may be something else than what the key says.
// A function that returns the same File has changed it by itself.
func checkInputs(inputs []inputFile, outputs []output) error {
	for _, input := range inputs {
		if slices.ContainsFunc(outputs, func(o output) bool { return o.Path == string(input.file) }) {
			continue
		}
		c, err := input.file.look()
		if err != nil {
			return fmt.Errorf("its input has gone while it ran: %w", err)
		}
		if c.stamp != input.stamp {
			return fmt.Errorf("its input %s changed while it ran: return it as a cache.File if the function changes it", input.file)
		}
	}
	return nil
}
