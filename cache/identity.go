package cache

import (
	"encoding/json"

	"labbook/cache/codeid"
	"labbook/cache/store"
	"labbook/diffargs"
	"labbook/runlog/record"
)

// An identity is what a function brings into every key.
type identity struct {
	name      string
	constants []part // of all its keys
	constant  diffargs.Digest
	varying   []part // the dependencies that can change while it runs, the paths of Files, then the arguments
	code      *codeid.Identity
}

// name is what the function is called in keys.
func (f *function) name() string { return f.self().name }

// self finds out who the function is, at its first call: this reads source.
func (f *function) self() *identity {
	f.identify.Do(func() {
		code, describe := f.codeIdentity()
		id := identity{name: code.Name, code: code}
		if f.settings.name != "" {
			id.name = f.settings.name
		}
		if f.settings.version != "" {
			id.constants = append(id.constants, constantPart(record.PartOption, "version", f.settings.version))
		} else {
			p := constantPart(record.PartCode, "code", "")
			p.digest, p.text = code.Code, describe
			id.constants = append(id.constants, p)
			for _, module := range code.Modules {
				id.constants = append(id.constants, constantPart(record.PartModule, module.Path, module.Version))
			}
			id.constants = append(id.constants, constantPart(record.PartToolchain, "go", code.Toolchain))
		}
		// The types that come back are no argument, and under a Version not
		// in the code either.
		id.constants = append(id.constants, constantPart(record.PartCode, "signature", f.typ.String()))
		for _, p := range f.dependencies {
			if p.read == nil {
				id.constants = append(id.constants, p)
			} else {
				id.varying = append(id.varying, p)
			}
		}
		if f.takeFiles && f.returnFiles {
			id.varying = append(id.varying, pathsPart())
		}
		id.varying = append(id.varying, f.argumentParts()...)
		id.constant = digestOfConstants(id.constants)
		f.identity = id
		f.memory.introduce(f)
	})
	return &f.identity
}

// codeIdentity identifies the function's code, and says in one line what that
// rests on. Source that is newer than the executable says nothing of it; but
// the same executable may have been identified before its source was touched,
// and what it holds has not changed since. So an edit that is undone, which
// makes the go command run its old executable again, finds the old results.
func (f *function) codeIdentity() (*codeid.Identity, string) {
	entries, _ := f.memory.entries() // without a store there are no notes
	if entries == nil {
		code := codeid.Of(f.value.Interface())
		return code, code.Describe()
	}
	code := codeid.Noted(f.value.Interface(), entries)
	if f.settings.version != "" {
		return code, code.Describe()
	}
	build, err := codeid.BuildID()
	if err != nil {
		return code, code.Describe()
	}
	noteKey := diffargs.Sum([]byte("labbook identity\x00" + build + "\x00" + code.Name + "\x00" + f.typ.String()))
	switch code.Kind {
	case codeid.FromSource:
		noteIdentity(entries, noteKey, code)
	case codeid.FromBuild:
		if note, ok := readIdentity(entries, noteKey); ok && note.Name == code.Name {
			known := *code
			known.Kind, known.Code, known.Modules, known.Reason = codeid.FromSource, note.Code, note.Modules, ""
			return &known, note.Describe + ", as this executable was identified before"
		}
	}
	return code, code.Describe()
}

// An identityNote is what of an identity goes into keys.
type identityNote struct {
	Format   int // 1
	Name     string
	Code     diffargs.Digest
	Modules  []codeid.Module
	Describe string
}

// noteIdentity writes a note unless it is there. Without one, results are
// computed again that need not be: no reason to bother anybody.
func noteIdentity(entries *store.Store, key diffargs.Digest, code *codeid.Identity) {
	if _, known := readIdentity(entries, key); known {
		return
	}
	note, err := json.Marshal(identityNote{Format: 1, Name: code.Name, Code: code.Code, Modules: code.Modules, Describe: code.Describe()})
	if err == nil {
		_ = entries.PutNote(key, note) // as said above
	}
}

func readIdentity(entries *store.Store, key diffargs.Digest) (note identityNote, ok bool) {
	raw, err := entries.Note(key)
	if err != nil {
		return note, false
	}
	err = json.Unmarshal(raw, &note)
	return note, err == nil && note.Format == 1
}
