package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"labbook/runlog/record"
)

// Meta is what Put is told of a result besides its bytes.
type Meta struct {
	Created    time.Time     // zero means now
	Duration   time.Duration // what computing took
	OriginRun  string        // UUID of the run that computed it; "" if nothing is recorded
	OriginCall int64         // the call's number in that run
	Parts      []record.Part // what the key was made of

	// PayloadDigest is what [Digest] says of the payload, for who knows it
	// already. Zero means that Put computes it.
	PayloadDigest [32]byte
}

const (
	temporaryFolder = "tmp"

	// leftoverAge is from when on a temporary file is taken for that of a
	// writer that died: none takes so long.
	leftoverAge = time.Hour

	// attempts bounds how often Put begins again after somebody deleted the
	// folders that it had just made.
	attempts = 5
)

var hostname = sync.OnceValue(func() string {
	name, _ := os.Hostname() // "" is an honest answer too
	return name
})

// Put stores payload as the entry of a key, in the place of one that may be
// there. After an error there is no trace of it, and an entry that was there
// is still there.
func (s *Store) Put(function string, key Key, meta Meta, payload []byte) error {
	if meta.Created.IsZero() {
		meta.Created = time.Now()
	}
	start, _, err := encodeStart(function, key, meta, payload, runtime.Version(), hostname())
	if err == nil {
		err = s.write(s.folder(function), key, start, payload)
	}
	if err != nil {
		return fmt.Errorf("store result of %s: %w", function, err)
	}
	s.watch()
	return nil
}

// encodeStart returns an entry up to its payload, and what its prefix says.
func encodeStart(function string, key Key, meta Meta, payload []byte, goVersion, host string) ([]byte, prefix, error) {
	p := prefix{
		payloadLength: uint64(len(payload)),
		created:       meta.Created,
		duration:      max(meta.Duration, 0),
		originCall:    meta.OriginCall,
		payloadDigest: meta.PayloadDigest,
		keyStart:      [keyStart]byte(key[:keyStart]),
	}
	if meta.OriginRun != "" {
		run, err := uuid.Parse(meta.OriginRun)
		if err != nil {
			return nil, p, fmt.Errorf("parse origin run %q: %w", meta.OriginRun, err)
		}
		p.originRun = run
	}
	if p.payloadDigest == ([32]byte{}) {
		p.payloadDigest = Digest(payload)
	}
	parts := meta.Parts
	if parts == nil {
		parts = []record.Part{}
	}
	header, err := encodeHeader(Header{
		Function: function, Key: hex.EncodeToString(key[:]), Parts: parts,
		GoVersion: goVersion, Host: host, Created: meta.Created.UTC(),
	})
	if err != nil {
		return nil, p, err
	}
	p.headerLength = uint32(len(header))
	p.headerChecksum = crc32.Checksum(header, castagnoli)
	room := prefixSize + len(header)
	if len(payload) <= together {
		room += len(payload) // it is written in one piece with them
	}
	return append(p.append(make([]byte, 0, room)), header...), p, nil
}

// write puts an entry into its place: folders are made only when they turn out
// to be missing, and again when somebody deletes them meanwhile.
func (s *Store) write(f *folder, key Key, start, payload []byte) error {
	f.sweep.Do(f.removeLeftovers)
	var err error
	for range attempts {
		if err = s.tryWrite(f, key, start, payload); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := s.makeFolders(f, key); err != nil {
			return err
		}
	}
	return err
}

func (s *Store) tryWrite(f *folder, key Key, start, payload []byte) (err error) {
	file, err := f.createTemporary()
	if err != nil {
		return err
	}
	temporary := file.path
	defer func() {
		if err != nil {
			_ = os.Remove(temporary) // else it is swept as a leftover
		}
	}()
	err = writeAll(file, start, payload)
	if closeErr := file.close(); err == nil {
		// Some network file systems notice only now that the disk is full.
		err = closeErr
	}
	if err != nil {
		return err
	}
	return s.publish(f, key, temporary, int64(len(start)+len(payload)))
}

// publish gives an entry its name. The index hears of it before, so that it
// knows all that there is even if the program is killed in between.
func (s *Store) publish(f *folder, key Key, temporary string, size int64) error {
	path := f.entryPath(key)
	mark := s.index.Put(f.name, &key, size)
	err := rename(temporary, path)
	if errors.Is(err, fs.ErrNotExist) {
		// The first entry of 256 finds no folder: that alone is made here,
		// and what else may be missing by who called. Another writer may have
		// made it since.
		if made := os.Mkdir(filepath.Dir(path), 0o700); made == nil || errors.Is(made, fs.ErrExist) {
			err = rename(temporary, path)
		}
	}
	if err != nil {
		mark.Undo()
		return err
	}
	mark.Done()
	return nil
}

// together is up to which size a payload is copied behind its header, to be
// written in one piece.
const together = 64 << 10

func writeAll(file newFile, start, payload []byte) error {
	if len(payload) <= together {
		_, err := file.Write(append(start, payload...))
		return err
	}
	if _, err := file.Write(start); err != nil {
		return err
	}
	_, err := file.Write(payload)
	return err
}

func (f *folder) createTemporary() (newFile, error) {
	for {
		name := make([]byte, 0, len(f.path)+len(temporaryFolder)+2+16)
		name = append(append(append(name, f.path...), filepath.Separator), temporaryFolder...)
		name = strconv.AppendUint(append(name, filepath.Separator), rand.Uint64(), 16)
		file, err := createNew(string(name))
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// makeFolders makes what a write to f needs.
func (s *Store) makeFolders(f *folder, key Key) error {
	if err := s.makeRoot(); err != nil {
		return err
	}
	s.index.Check() // it may be gone with the rest
	s.claims.check(filepath.Join(s.dir, claimsName))
	for _, folder := range []string{temporaryFolder, hex.EncodeToString(key[:1])} {
		// Somebody may delete the parent between two steps: the next attempt
		// makes it again.
		if err := os.MkdirAll(filepath.Join(f.path, folder), 0o700); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// makeRoot makes the store's own folder.
func (s *Store) makeRoot() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	s.hideFromGit()
	return nil
}

// hideFromGit keeps entries out of a repository that the folder may be in. A
// folder that holds anything else already may be a project: that would not
// want to be hidden. The cache works without it, so that errors do not matter.
func (s *Store) hideFromGit() {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		switch e.Name() {
		case indexFolder, pinsFolder, notesFolder:
		default:
			return
		}
	}
	file, err := os.OpenFile(filepath.Join(s.dir, ".gitignore"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	_, _ = file.WriteString("*\n")
	_ = file.Close() // as said above
}

// removeLeftovers removes what writers left that were killed. Who is still
// writing has touched its file within the hour.
func (f *folder) removeLeftovers() {
	temporary := filepath.Join(f.path, temporaryFolder)
	files, err := os.ReadDir(temporary)
	if err != nil {
		return // there is none, or writing will tell what is wrong
	}
	for _, file := range files {
		info, err := file.Info()
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftoverAge {
			_ = os.Remove(filepath.Join(temporary, file.Name())) // another process may be sweeping too
		}
	}
}
