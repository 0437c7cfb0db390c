package cache

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"labbook/cache/persist"
	"labbook/cache/store"
	"labbook/diffargs"
)

// The saves of a checkpoint lie in
//
//	CACHE/.checkpoints/NAME/DIGEST/
//	    STEP-CONTENT.cbor   a save: STEP in 12 digits or more; CONTENT as diffargs.SumReader
//	                        digests the file, in 64 hexadecimal digits; the file as
//	                        persist.Dump writes it
//	    about.json          an aboutCheckpoint, for people
//	    new*, .new*         what is being written
//
// and DIGEST is, with the digest of the state's type as the first of the values,
//
//	digest  = diffargs.Sum( "labbook checkpoint" 0 version name count { value } )
//	version = the byte 1
//	name    = uvarint length, then the bytes
//	count   = uvarint, of values
//	value   = 32 bytes, diffargs.Of
//
// So a save says by its name what it should hold, and any CBOR reader reads it.
const (
	checkpointFolder = ".checkpoints"
	checkpointFormat = 1
	aboutName        = "about.json"
	newName          = "new"
	saveExtension    = ".cbor"
	stepDigits       = 12
)

func checkpointDigest(name string, values []diffargs.Digest) diffargs.Digest {
	b := append([]byte("labbook checkpoint\x00"), checkpointFormat)
	b = appendText(b, name)
	b = binary.AppendUvarint(b, uint64(len(values)))
	for _, value := range values {
		b = append(b, value[:]...)
	}
	return diffargs.Sum(b)
}

func isCheckpointName(name string) bool {
	if name == "" || len(name) > 100 || strings.Trim(name, ".") != name {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	})
}

// An aboutCheckpoint says what the digest in its path is made of.
type aboutCheckpoint struct {
	Format int      `json:"format"`
	Name   string   `json:"name"`
	State  string   `json:"state"`
	Values []string `json:"values"` // previews
}

// saves are the saves of one checkpoint, which this loop has for itself.
type saves struct {
	dir   string
	key   string // in inUse
	claim *store.Claim
	list  []save // by step
}

// A save is a state in a file.
type save struct {
	step   int
	digest diffargs.Digest
	path   string
}

// inUse has the folders of the checkpoints that this process works on: claims
// are between processes.
var inUse sync.Map // string → struct{}

// openSaves takes a checkpoint into use and looks what is saved. Nothing is
// made; what a killed program left half written goes.
func openSaves(entries *store.Store, name string, id diffargs.Digest) (*saves, error) {
	s := &saves{dir: filepath.Join(entries.Dir(), checkpointFolder, name, id.String())}
	// The program may change its working directory before the next save.
	if absolute, err := filepath.Abs(s.dir); err == nil {
		s.dir = absolute
	}
	s.key = s.dir
	if _, taken := inUse.LoadOrStore(s.key, struct{}{}); taken {
		return nil, ErrCheckpointInUse
	}
	claim, err := entries.Claim(id)
	if err == nil && claim == nil {
		inUse.Delete(s.key)
		return nil, ErrCheckpointInUse
	}
	s.claim = claim // nil where claims do not work: then nobody is kept out
	s.list = listSaves(s.dir, true)
	return s, nil
}

func (s *saves) close() {
	s.claim.Release()
	inUse.Delete(s.key)
}

// listSaves returns the saves in a folder, by step. With tidy it removes what a
// killed program left half written.
func listSaves(dir string, tidy bool) (list []save) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil // there is nothing that could be loaded
	}
	for _, file := range files {
		if !file.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, file.Name())
		if s, ok := parseSave(file.Name()); ok {
			s.path = path
			list = append(list, s)
		} else if tidy && strings.HasPrefix(strings.TrimPrefix(file.Name(), "."), newName) {
			_ = os.Remove(path) // the next loop tries again
		}
	}
	slices.SortFunc(list, func(a, b save) int { return cmp.Compare(a.step, b.step) })
	return list
}

func parseSave(name string) (s save, ok bool) {
	digits, rest, _ := strings.Cut(name, "-")
	content, isSave := strings.CutSuffix(rest, saveExtension)
	step, err := strconv.ParseUint(digits, 10, strconv.IntSize-1)
	if err != nil || !isSave {
		return s, false
	}
	digest, err := diffargs.ParseDigest(content)
	s = save{step: int(step), digest: digest}
	return s, err == nil && s.name() == name // which each save has one of
}

func (s save) name() string {
	return fmt.Sprintf("%0*d-%s%s", stepDigits, s.step, s.digest, saveExtension)
}

// verify reads the file and reports whether it is what was saved.
func (s save) verify() error {
	digest, err := digestOfFile(s.path)
	if err == nil && digest != s.digest {
		err = errors.New("it is damaged")
	}
	return err
}

func digestOfFile(path string) (diffargs.Digest, error) {
	file, err := os.Open(path)
	if err != nil {
		return diffargs.Digest{}, err
	}
	defer file.Close()
	digest, _, err := diffargs.SumReader(file)
	return digest, err
}

func (s *saves) newest() (save, bool) {
	if len(s.list) == 0 {
		return save{}, false
	}
	return s.list[len(s.list)-1], true
}

// drop removes a save. One that cannot be removed is met again by the next loop.
func (s *saves) drop(unwanted save) {
	_ = os.Remove(unwanted.path) // as said above
	s.list = slices.DeleteFunc(s.list, func(other save) bool { return other == unwanted })
}

// add writes a save, and then removes those that are too many.
func (s *saves) add(step int, state any, about aboutCheckpoint, options CheckpointOptions) error {
	added, err := s.write(step, state, options.Sync)
	if errors.Is(err, fs.ErrNotExist) { // no folder yet, or no longer
		if err = os.MkdirAll(s.dir, 0o700); err == nil {
			added, err = s.write(step, state, options.Sync)
		}
	}
	if err != nil {
		return err
	}
	keep := options.Keep
	if keep <= 0 {
		keep = 2
	}
	for _, old := range slices.Clone(s.list) {
		if old.step >= step && old.path != added.path {
			s.drop(old)
		}
	}
	s.list = append(slices.DeleteFunc(s.list, func(other save) bool { return other.path == added.path }), added)
	for len(s.list) > keep {
		s.drop(s.list[0])
	}
	return s.describe(about)
}

// write dumps the state, and gives the file its name when it is complete.
func (s *saves) write(step int, state any, wait bool) (save, error) {
	temporary := filepath.Join(s.dir, newName+saveExtension)
	if err := persist.Dump(temporary, state); err != nil {
		return save{}, err
	}
	digest, err := digestOfFile(temporary)
	added := save{step: step, digest: digest}
	added.path = filepath.Join(s.dir, added.name())
	if err == nil && wait {
		err = syncPath(temporary, os.O_RDWR)
	}
	if err == nil {
		err = os.Rename(temporary, added.path)
	}
	if err != nil {
		_ = os.Remove(temporary) // else the next loop does
		return save{}, err
	}
	if wait && runtime.GOOS != "windows" { // where folders cannot be waited for
		err = syncPath(s.dir, os.O_RDONLY)
	}
	return added, err
}

func syncPath(path string, flag int) error {
	file, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// describe writes what the checkpoint is about, unless it is there.
func (s *saves) describe(about aboutCheckpoint) error {
	path := filepath.Join(s.dir, aboutName)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	text, err := json.MarshalIndent(about, "", "  ")
	if err != nil {
		return err
	}
	temporary := filepath.Join(s.dir, newName+aboutName)
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// remove removes all saves, and the folders if nothing else is in them.
func (s *saves) remove() error {
	var errs []error
	for _, old := range listSaves(s.dir, true) {
		if err := os.Remove(old.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	s.list = nil
	_ = os.Remove(filepath.Join(s.dir, aboutName)) // of no use without saves, and of no harm
	_ = os.Remove(s.dir)                           // fails, and should, if something else lies there
	_ = os.Remove(filepath.Dir(s.dir))             // fails, and should, if there are checkpoints of other values
	return errors.Join(errs...)
}
