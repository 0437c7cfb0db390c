package codeid

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Bounds on what is taken for source, so that a folder full of something else
// cannot use up the memory.
const (
	maxSourceFile  = 32 << 20
	maxSourceFiles = 20_000
)

// folder lists the names of the files in dir, sorted.
func folder(dir string) ([]string, error) {
	if dir == "" {
		return nil, untrusted("the program does not say where its source is; build it without -trimpath")
	}
	open, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	entries, err := open.ReadDir(maxSourceFiles)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) == maxSourceFiles {
		return nil, untrusted(fmt.Sprintf("%s holds more than %d files, too many for the source of a package; move those that are no source elsewhere", dir, maxSourceFiles))
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// readBounded reads a regular file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, fileState, error) {
	began := time.Now()
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileState{}, err
	}
	switch {
	case !info.Mode().IsRegular():
		// A pipe, say, could block for ever.
		return nil, fileState{}, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	case info.Size() > limit:
		return nil, fileState{}, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d bytes", limit)}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fileState{}, err
	}
	defer file.Close()
	data := make([]byte, 0, info.Size()+1)
	data, err = appendAll(data, io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fileState{}, err
	}
	// Looked at again, since it can have been written to meanwhile.
	if info, err = file.Stat(); err != nil {
		return nil, fileState{}, err
	}
	return data, stateOf(info, began), nil
}

// appendAll is io.ReadAll into a slice that has about the right capacity.
func appendAll(data []byte, r io.Reader) ([]byte, error) {
	for {
		if len(data) == cap(data) {
			data = slices.Grow(data, 1)
		}
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// inParallel calls f for 0 to n-1 on all processors.
func inParallel(n int, f func(i int)) {
	var work sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		work.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	work.Wait()
}
