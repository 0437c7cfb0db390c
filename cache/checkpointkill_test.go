package cache

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/diffargs"
)

const (
	trainerEnv   = "CACHE_TEST_TRAINER" // the folder of the Memory
	trainerSteps = 4000
)

// TestTrainer is a training program, when TestTrainingThatIsKilled starts it.
func TestTrainer(t *testing.T) { //nolint:paralleltest // it is a program
	dir := os.Getenv(trainerEnv)
	if dir == "" {
		t.Skip("it is a program for another test")
	}
	cp := NewCheckpoint[training](New(dir, Options{}), "train", CheckpointOptions{}, "data")
	defer cp.Close()
	state, first := untrained(), true
	for i, err := range cp.Loop(t.Context(), &state, trainerSteps) {
		if err != nil {
			t.Fatal(err)
		}
		if first {
			_, _ = fmt.Fprintln(os.Stdout, "resumed", i)
			first = false
		}
		state.step(i)
	}
	digest, err := diffargs.Of(state)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintln(os.Stdout, "result", digest)
}

// A program is killed at any moment, again and again, and comes to the result
// that it would have come to.
func TestTrainingThatIsKilled(t *testing.T) {
	t.Parallel()
	kills := 50
	if testing.Short() {
		kills = 8
	}
	m := memory(t)
	want, err := diffargs.Of(trained(trainerSteps))
	if err != nil {
		t.Fatal(err)
	}
	var resumed []int
	result, killed := "", 0
	for result == "" {
		patience := time.Minute // the last life is not ended
		if killed < kills {
			patience = time.Duration(rand.IntN(8000)) * time.Microsecond
		}
		step, end := live(t, m.dir, patience)
		resumed = append(resumed, step)
		if result = end; result == "" {
			killed++
		}
	}
	if result != want.String() {
		t.Errorf("the result is %s, without kills it is %s", result, want)
	}
	for i := range resumed[1:] {
		if resumed[i+1] < resumed[i] {
			t.Errorf("life %d began at step %d, the one before at %d: saves were lost", i+1, resumed[i+1], resumed[i])
		}
	}
	if last := resumed[len(resumed)-1]; killed < kills/2 || last == 0 {
		t.Errorf("%d kills, and the last life began at step %d: nothing was tried", killed, last)
	}
	if diff := cmp.Diff([]string{strconv.Itoa(trainerSteps - 1), strconv.Itoa(trainerSteps), aboutName}, savesOf(t, m)); diff != "" {
		t.Errorf("files (-want +left):\n%s", diff)
	}
	t.Logf("%d kills; lives began at steps %v", killed, resumed)
}

// live lets the trainer run, and kills it when it has made steps for so long. It
// returns where it resumed, and its result if it came to one.
func live(t *testing.T, dir string, patience time.Duration) (resumed int, result string) {
	t.Helper()
	trainer := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTrainer$")
	trainer.Env = append(os.Environ(), trainerEnv+"="+dir, "LABBOOK=off")
	trainer.Stderr = os.Stderr
	out, err := trainer.StdoutPipe()
	if err == nil {
		err = trainer.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "resumed":
			if resumed, err = strconv.Atoi(rest); err != nil {
				t.Fatal(err)
			}
			timer = time.AfterFunc(patience, func() { _ = trainer.Process.Kill() }) // it may have ended
		case "result":
			result = rest
		}
	}
	if timer != nil {
		timer.Stop()
	}
	if err := trainer.Wait(); err == nil && result == "" || timer == nil {
		t.Fatalf("the trainer ended without a result: %v", err)
	}
	return resumed, result
}
