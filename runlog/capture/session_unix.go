//go:build unix

package capture

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"labbook/runlog/event"
	"labbook/runlog/record"
)

const (
	// drainTime bounds how long Stop waits for what was printed to arrive. A
	// terminal that is held up, or a pager that waits for its reader, can take
	// longer; the helper then goes on without the program.
	drainTime = 2 * time.Second
	// watchTime bounds how long Start waits for the helper to watch the process:
	// far longer than it takes on any machine that is not standing still.
	watchTime = 5 * time.Second
)

// Session is output being captured. The zero of *Session, nil, captures nothing.
// Its methods are not for concurrent use, but for Mark.
type Session struct {
	token     string
	sources   []*source   // one or two
	of        [2]*source  // of stdout and stderr
	originals [2]*os.File // what descriptors 1 and 2 were, once Install has replaced them
	asks      *os.File
	crash     *os.File // what is written to it is recorded and nothing else
	resized   chan os.Signal

	unwatch  chan struct{} // to be closed to end the thread that is watched; nil without one
	watching chan struct{} // closed when the helper watches, or cannot
	drained  chan struct{}
	gone     chan struct{} // closed when the helper is
	taken    chan struct{} // closed when there is nothing to pass on in its place

	sawTrace atomic.Bool

	mu      sync.Mutex
	leaving bool // what the helper does is of no interest any more
	failed  func(error)
}

// Start starts the helper. What it captures is what is printed to Files, or
// after Install what this process prints. It costs the start of a process, some
// 5 ms.
//
// Should the helper die, its work is taken over without the recording, and
// failed is called from another goroutine.
func Start(options Options, failed func(error)) (_ *Session, err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("capture output: %w", err)
	}
	s := &Session{
		token:    newToken(),
		watching: make(chan struct{}), drained: make(chan struct{}, 1), gone: make(chan struct{}), taken: make(chan struct{}), failed: failed,
	}
	r := role{Dir: options.Dir, Run: options.Run, Limit: options.Limit, Token: s.token}
	var passing []*os.File // to the helper, in the order of its descriptors
	defer func() {
		for _, f := range passing {
			_ = f.Close() // the helper has a copy
		}
		if err != nil {
			err = errors.Join(fmt.Errorf("capture output: %w", err), s.close())
		}
	}()
	helperAsks, asks, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.asks, passing = asks, append(passing, helperAsks)
	answers, helperAnswers, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	passing = append(passing, helperAnswers)
	helperCrash, crash, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, answers.Close())
	}
	s.crash, passing = crash, append(passing, helperCrash)
	if err := s.openSources(&options); err != nil {
		return nil, errors.Join(err, answers.Close())
	}
	files := passing
	for _, source := range s.sources {
		r.Sources = append(r.Sources, roleSource{Stream: source.stream, Terminal: source.terminal})
		files = append(slices.Clip(files), source.read, source.to)
	}
	if options.Watch {
		s.unwatch = make(chan struct{})
		if tid, err := newWatched(s.unwatch); err == nil {
			r.PID, r.TID = os.Getpid(), tid
		}
	}
	if err := s.startHelper(exe, &r, files); err != nil {
		return nil, errors.Join(err, answers.Close())
	}
	go s.listen(answers)
	if r.TID != 0 {
		// A process that ends before it is watched can leave its last bytes
		// on their way.
		select {
		case <-s.watching:
		case <-s.gone:
		case <-time.After(watchTime):
		}
	}
	return s, nil
}

func newToken() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (s *Session) openSources(options *Options) error {
	stdout, closeStdout, err := orOwn(options.Stdout, 1, "stdout")
	if err != nil {
		return err
	}
	defer closeStdout()
	stderr, closeStderr, err := orOwn(options.Stderr, 2, "stderr")
	if err != nil {
		return err
	}
	defer closeStderr()
	files := []*os.File{stdout, stderr}
	streams := []record.Stream{record.Stdout, record.Stderr}
	if isOnePlace(files[0], files[1]) {
		streams = []record.Stream{record.Both}
	}
	for i, stream := range streams {
		source, err := newSource(stream, files[i])
		if err != nil {
			return err
		}
		s.sources = append(s.sources, source)
		if source.terminal && s.resized == nil {
			s.resized = make(chan os.Signal, 1)
			signal.Notify(s.resized, unix.SIGWINCH)
			go s.followSize()
		}
	}
	s.of = [2]*source{s.sources[0], s.sources[len(s.sources)-1]}
	return nil
}

// orOwn returns a file, or if that is nil a descriptor of this process, and how to
// let it go.
func orOwn(f *os.File, descriptor uintptr, name string) (_ *os.File, done func(), err error) {
	if f != nil {
		return f, func() {}, nil
	}
	own, err := duplicate(descriptor, name)
	return own, func() { _ = own.Close() }, err
}

func (s *Session) startHelper(exe string, r *role, files []*os.File) error {
	description, err := json.Marshal(r)
	if err != nil {
		return err
	}
	h := exec.Command(exe) //nolint:noctx // it has to outlive whatever would stop it
	h.Args[0] = helperName
	h.Env = append(environment(), roleVariable+"="+string(description))
	h.ExtraFiles = files
	h.Dir = "/" // so that it keeps no folder busy
	// Out of reach of signals to the program's group, and free to use a terminal
	// that is that group's.
	h.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := h.Start(); err != nil {
		return err
	}
	go func() { _ = h.Wait() }() // so that it leaves no zombie
	if r.TID != 0 {
		allowWatch(h.Process.Pid)
		if _, err := s.asks.Write([]byte{askWatch}); err != nil {
			return err
		}
	}
	return nil
}

// listen takes what the helper says, and takes its place when it is gone.
func (s *Session) listen(answers *os.File) {
	defer answers.Close()
	watching := sync.OnceFunc(func() { close(s.watching) })
	reader := bufio.NewReader(answers)
	next := func() byte {
		b, _ := reader.ReadByte() // at the end 0, which is no answer
		return b
	}
	for answer := next(); answer != 0; answer = next() {
		switch answer {
		case answerWatching:
			watching()
		case answerTrace:
			s.sawTrace.Store(true)
		case answerDrained:
			s.drained <- struct{}{}
		case answerBroken:
			s.letBreak(int(next()))
		case answerFull:
			s.letFail(int(next()), syscall.Errno(next()))
		case answerLost:
			s.fail(fmt.Errorf("record output: %w; of what is printed from now on only the end is recorded", reason(syscall.Errno(next()))))
		}
	}
	close(s.gone)
	s.takeOver()
}

// letBreak gives up the process's own hold on a source whose destination takes
// no more, so that the next write to it fails.
func (s *Session) letBreak(source int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if read := s.sources[source].read; read != nil {
		_ = read.Close() // nothing was written to it
		s.sources[source].read = nil
	}
}

// letFail has the process itself find out that there is no room for what it prints
// to a source: it prints to the destination from now on. For another process that
// cannot be done; it goes on printing, for the record.
func (s *Session) letFail(source int, why syscall.Errno) {
	s.mu.Lock()
	full := s.sources[source]
	if full.to == nil { // it is over
		s.mu.Unlock()
		return
	}
	what := "what is printed there is recorded, and some of it does not arrive"
	for i, original := range s.originals {
		if original != nil && s.of[i] == full && full.isOpenAs(1+i) && unix.Dup2(int(original.Fd()), 1+i) == nil {
			what = "what is printed there from now on is not recorded"
		}
	}
	name := full.to.Name()
	s.mu.Unlock()
	s.fail(fmt.Errorf("pass on what is printed: %s: %w; %s", name, why, what))
}

func (s *Session) fail(err error) {
	if s.failed != nil {
		s.failed(err)
	}
}

// reason is what an error number of the helper's says.
func reason(errno syscall.Errno) error {
	if errno == 0 {
		return errors.New("the spool cannot be written")
	}
	return errno
}

// SawTrace reports whether the trace was printed that a Go program ends with when
// it panics. It is for after Stop.
func (s *Session) SawTrace() bool { return s != nil && s.sawTrace.Load() }

// takeOver passes output on in the place of a helper that died, until the session
// stops: for the process holds its sources too, whoever prints to them was not
// disturbed. To let the process print to its destinations itself would be quicker,
// but what it prints would overtake what is on its way.
func (s *Session) takeOver() {
	defer close(s.taken)
	s.mu.Lock()
	if s.leaving {
		s.mu.Unlock()
		return
	}
	var group sync.WaitGroup
	died := false // else nothing was left to do for it
	for i, source := range s.sources {
		if read, to := source.read, source.to; read != nil {
			died = true
			group.Go(func() {
				passOn(to, read)
				s.letBreak(i)
			})
		}
	}
	s.mu.Unlock()
	if died {
		s.fail(errors.New("capture output: the process that recorded it has died; what is printed from now on is not recorded"))
	}
	group.Wait()
}

// passOn copies until there is nobody who prints, or nobody to print to. What there
// is no room for is dropped.
func passOn(to io.Writer, from io.Reader) {
	buffer := make([]byte, chunk)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil && noRoom(err) == 0 {
				return
			}
		}
		if err != nil || n == 0 {
			return
		}
	}
}

// followSize passes changes of the terminal's size on. Who was told of one by a
// signal may have looked too early, so that they are told again.
func (s *Session) followSize() {
	for range s.resized {
		changed := false
		s.mu.Lock()
		for _, source := range s.sources {
			if source.terminal && source.to != nil && source.read != nil {
				is, err := resize(source.read, source.to)
				changed = changed || is && err == nil
			}
		}
		s.mu.Unlock()
		if changed {
			_ = unix.Kill(0, unix.SIGWINCH) // to the group, as terminals do
		}
	}
}

// Files are what a child is to have as its stdout and stderr, and nothing else
// is to be done with. They are valid until Install, Started or Leave.
func (s *Session) Files() (stdout, stderr *os.File) {
	if s == nil {
		return nil, nil
	}
	return s.of[0].write, s.of[1].write
}

// Started says that all children that are to get Files have them.
func (s *Session) Started() error {
	if s == nil {
		return nil
	}
	return s.closeWrite()
}

// Install has file descriptors 1 and 2 of this process captured, and of the
// children that inherit them from now on.
func (s *Session) Install() error {
	if s == nil {
		return nil
	}
	var err error
	for i := range s.originals {
		if s.originals[i], err = duplicate(uintptr(1+i), s.of[i].to.Name()); err != nil {
			return errors.Join(fmt.Errorf("capture output: %w", err), s.restore())
		}
	}
	for i := range s.originals {
		if err := unix.Dup2(int(s.of[i].write.Fd()), 1+i); err != nil {
			return errors.Join(fmt.Errorf("capture output: descriptor %d: %w", 1+i, err), s.restore())
		}
	}
	return s.closeWrite()
}

// closeWrite gives up the ends that are printed to.
func (s *Session) closeWrite() error {
	var err error
	for _, source := range s.sources {
		err = errors.Join(err, source.closeWrite())
	}
	return err
}

// Mark returns what to print to a file right before and after bytes that a call
// or a task prints, to say so; "" if nobody would take it out again. Both and the
// bytes have to be written at once, no more than AtOnce in all, while the session
// goes on. It is safe for concurrent use.
func (s *Session) Mark(to *os.File, scope event.Scope) (begin, end string) {
	if s == nil {
		return "", ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, source := range s.of {
		if !s.leaving && s.originals[i] != nil && to.Fd() == uintptr(1+i) && source.isOpenAs(1+i) {
			return beginMark(s.token, scope), endMark(s.token)
		}
	}
	return "", ""
}

// Stop gives the process its own streams back and waits until the helper has
// passed on and recorded what was printed. Processes that still hold the sources
// can go on printing to them. While the program panics, the trace that is still
// to come goes straight to stderr, and a copy of it to the helper. The helper does
// not wait for the end of the process any more.
func (s *Session) Stop(panicking bool) error {
	if s == nil || s.asks == nil {
		return nil
	}
	s.mu.Lock()
	err := s.restore()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if panicking {
		err = debug.SetCrashOutput(s.crash, debug.CrashOptions{}) // it keeps a copy of the descriptor
	}
	_, _ = s.asks.Write([]byte{askStop}) // a helper that is gone is replaced
	select {
	case <-s.drained:
	case <-s.taken:
	case <-time.After(drainTime): // there is nothing to be done about it
	}
	if s.unwatch != nil {
		close(s.unwatch)
		s.unwatch = nil
	}
	return errors.Join(err, s.Leave())
}

// Leave gives up everything that the session has open. The helper goes on until
// nobody can print to its sources.
func (s *Session) Leave() error {
	if s == nil {
		return nil
	}
	return s.close()
}

// restore makes descriptors 1 and 2 what they were, unless the program has made
// something else of them. The caller holds s.mu or is alone.
func (s *Session) restore() error {
	for i, original := range s.originals {
		if original == nil || !s.of[i].isOpenAs(1+i) {
			continue
		}
		if err := unix.Dup2(int(original.Fd()), 1+i); err != nil {
			return fmt.Errorf("capture output: give back descriptor %d: %w", 1+i, err)
		}
	}
	return nil
}

func (s *Session) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = true
	if s.unwatch != nil { // else Stop has done it, in its order
		close(s.unwatch)
		s.unwatch = nil
	}
	if s.resized != nil {
		signal.Stop(s.resized)
		close(s.resized)
		s.resized = nil
	}
	var err error
	for _, source := range s.sources {
		err = errors.Join(err, source.close())
	}
	for _, f := range []*os.File{s.originals[0], s.originals[1], s.asks, s.crash} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	s.originals, s.asks, s.crash = [2]*os.File{}, nil, nil
	return err
}
