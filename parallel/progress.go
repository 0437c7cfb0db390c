package parallel

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"sync"
	"time"
)

// progress prints how far a batch has come, in joblib's words. A nil progress
// prints nothing.
type progress struct {
	level   int
	jobs    int
	started time.Time

	mu    sync.Mutex
	out   io.Writer
	total int64 // unknownTasks until it is known
	done  int64
}

// Above these levels there is a line for every task, and standard output takes
// the lines.
const (
	levelOfEveryTask = 10
	levelOfStdout    = 50
)

func newProgress(s *settings, total int64, started time.Time) *progress {
	if s.verbose <= 0 {
		return nil
	}
	p := &progress{level: s.verbose, jobs: s.jobs, started: started, out: s.verboseTo, total: total}
	switch {
	case p.out != nil:
	case p.level > levelOfStdout:
		p.out = os.Stdout
	default:
		p.out = os.Stderr
	}
	return p
}

// everyTask reports whether each task has a line of its own.
func (p *progress) everyTask() bool { return p != nil && p.level > levelOfEveryTask }

// add counts n more tasks as done, and prints a line if one is due.
func (p *progress) add(n int64) {
	if p == nil || n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.done
	p.done += n
	if p.done != p.total && lineIsDue(p.level, before, p.done) {
		p.print(false)
	}
}

// setTotal tells how many tasks there turned out to be.
func (p *progress) setTotal(total int64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = total
}

// finish prints the last line of a batch in which no task failed.
func (p *progress) finish() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = p.done
	p.print(true)
}

// lineIsDue reports whether one of the numbers of tasks after before, up to
// now, is worth a line: the first, and then those at which the square root,
// scaled by the level, comes to the next whole number. The distance between
// lines thus grows steadily, and there are few however long the batch is.
func lineIsDue(level int, before, now int64) bool {
	if level > levelOfEveryTask || before == 0 {
		return true
	}
	distance := 0.5 * float64((levelOfEveryTask+1-level)*(levelOfEveryTask+1-level))
	step := func(done int64) float64 { return math.Floor(math.Sqrt(float64(done) / distance)) }
	return step(now) != step(before)
}

func (p *progress) print(finished bool) {
	elapsed := time.Since(p.started)
	var line string
	switch {
	case finished:
		line = fmt.Sprintf("%s | elapsed: %s finished", p.outOf(), seconds(elapsed))
	case p.total == unknownTasks:
		line = fmt.Sprintf("Done %3d tasks      | elapsed: %s", p.done, seconds(elapsed))
	default:
		remaining := time.Duration(float64(elapsed) / float64(p.done) * float64(p.total-p.done))
		line = fmt.Sprintf("%s | elapsed: %s remaining: %s", p.outOf(), seconds(elapsed), seconds(remaining))
	}
	// What cannot be printed is lost: a batch does not fail for its chatter.
	_, _ = fmt.Fprintf(p.out, "[Parallel(n_jobs=%d)]: %s\n", p.jobs, line)
}

func (p *progress) outOf() string {
	width := len(strconv.FormatInt(p.total, 10))
	return fmt.Sprintf("Done %*d out of %*d", width, p.done, width, p.total)
}

// seconds formats d as joblib does: minutes once there is more than one.
func seconds(d time.Duration) string {
	if d > time.Minute {
		return fmt.Sprintf("%4.1fmin", d.Minutes())
	}
	return fmt.Sprintf(" %5.1fs", d.Seconds())
}
