package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"labbook/runlog/record"
	"labbook/tui/headless"
	"labbook/tui/samplebook"
)

func wantOnScreen(t *testing.T, screen *headless.Screen, texts ...string) {
	t.Helper()
	view := plain(screen.View())
	for _, text := range texts {
		if !strings.Contains(view, text) {
			t.Fatalf("no %q on the screen:\n%s", text, view)
		}
	}
}

func wantNotOnScreen(t *testing.T, screen *headless.Screen, texts ...string) {
	t.Helper()
	view := plain(screen.View())
	for _, text := range texts {
		if strings.Contains(view, text) {
			t.Fatalf("%q is on the screen:\n%s", text, view)
		}
	}
}

func TestChangesShowUpAndKeepTheSelection(t *testing.T) {
	t.Parallel()
	book := samplebook.New(samplebook.Study(testNow))
	screen := open(t, book, 80, 24)
	press(t, screen, "j", "j")
	wantOnScreen(t, screen, "▸ ✓   12", "14 runs")
	book.Edit(func(c *samplebook.Content) {
		again := c.Runs[11]
		again.ID, again.Name, again.Started = 15, "fresh", testNow
		c.Runs = append(c.Runs, again)
	})
	send1(t, screen, tick{})
	wantOnScreen(t, screen, "fresh", "▸ ✓   12", "15 runs")
}

func TestAnUnchangedBookIsNotReadAgain(t *testing.T) {
	t.Parallel()
	book := &guardedBook{Book: samplebook.New(samplebook.Study(testNow)), t: t}
	model := New(t.Context(), book, Options{Renderer: renderer(termenv.Ascii), Poll: -1})
	screen, err := headless.New(model, 80, 24)
	if err != nil {
		t.Fatal(err)
	}
	before := book.reads.Load()
	for range 5 {
		send1(t, screen, tick{})
	}
	if reads := book.reads.Load() - before; reads != 5 {
		t.Errorf("%d reads in five polls of an unchanged book, want 5 of its version", reads)
	}
}

func TestTimePassesForRunningRuns(t *testing.T) {
	t.Parallel()
	now := testNow
	screen := openWith(t, samplebook.New(samplebook.Study(testNow)),
		Options{Renderer: renderer(termenv.Ascii), Now: func() time.Time { return now }}, 80, 24)
	wantOnScreen(t, screen, "1 m 24 s")
	now = now.Add(5 * time.Second)
	send1(t, screen, tick{})
	wantOnScreen(t, screen, "1 m 29 s")
	press(t, screen, "enter")
	now = now.Add(5 * time.Second)
	send1(t, screen, tick{})
	wantOnScreen(t, screen, "took        1 m 34 s")
}

func TestFilter(t *testing.T) {
	t.Parallel()
	screen := open(t, samplebook.New(samplebook.Study(testNow)), 80, 24)
	press(t, screen, "/")
	typeText(t, screen, "status:faild")
	press(t, screen, "enter")
	wantOnScreen(t, screen, "/ status:faild▏", `✗ status:faild: "faild" is none of`, "14 runs", "prepare")
	press(t, screen, "backspace", "backspace")
	typeText(t, screen, "led")
	press(t, screen, "enter")
	wantOnScreen(t, screen, "/ status:failed\n", "1 run\n", "▸ ✗    8")
	press(t, screen, "/")
	typeText(t, screen, " q")
	press(t, screen, "esc")
	wantOnScreen(t, screen, "/ status:failed\n", "1 run\n")
	press(t, screen, "esc")
	wantOnScreen(t, screen, "14 runs", "▸ ✗    8")
	wantNotOnScreen(t, screen, "status:failed")
	press(t, screen, "/")
	typeText(t, screen, "name:nobody")
	press(t, screen, "enter")
	wantOnScreen(t, screen, "nothing matches the filter", "esc takes it away")
}

func TestFilterOfCallsStaysInTheRun(t *testing.T) {
	t.Parallel()
	screen := open(t, samplebook.New(samplebook.Study(testNow)), 80, 24)
	press(t, screen, "j", "enter", "2", "/")
	typeText(t, screen, "outcome:miss dur>20s")
	press(t, screen, "enter")
	wantOnScreen(t, screen, "2 calls", "13.22", "13.21")
	press(t, screen, "esc", "/")
	typeText(t, screen, "run:3")
	press(t, screen, "enter")
	wantOnScreen(t, screen, "nothing matches the filter")
}

func TestErrorsAreShownAndTheDataStays(t *testing.T) {
	t.Parallel()
	sample := samplebook.New(samplebook.Study(testNow))
	book := &failingBook{Book: sample}
	screen := open(t, book, 80, 24)
	book.err = errDisk
	sample.Edit(func(*samplebook.Content) {})
	send1(t, screen, tick{})
	wantOnScreen(t, screen, "✗ read the lab-book: disk I/O error", "prepare", "14 runs")
	book.err = nil
	sample.Edit(func(*samplebook.Content) {})
	send1(t, screen, tick{})
	wantNotOnScreen(t, screen, "disk I/O error")
}

func TestWhatIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	book := samplebook.New(samplebook.Study(testNow))
	for _, msg := range []tea.Msg{
		openRun{99}, openCall{record.CallID{Run: 99, Call: 1}}, openWhyMiss{record.CallID{Run: 99, Call: 1}},
	} {
		screen := open(t, book, 80, 24)
		send1(t, screen, msg)
		wantOnScreen(t, screen, "nothing could be read", "✗ ", "no such")
		press(t, screen, "j", "G", "enter", "esc")
		wantOnScreen(t, screen, "labbook › runs")
	}
}

func TestRerunAsksAndShowsTheNewRun(t *testing.T) {
	t.Parallel()
	screen := open(t, samplebook.New(samplebook.Study(testNow)), 80, 24)
	press(t, screen, "j", "j", "r")
	wantOnScreen(t, screen, "Start run 12 again", "y yes")
	press(t, screen, "n")
	wantOnScreen(t, screen, "14 runs")
	wantNotOnScreen(t, screen, "Start run")
	press(t, screen, "r", "y")
	wantOnScreen(t, screen, "labbook › run 15", "rerun of    run 12", "run 15 is run 12 started again")
	press(t, screen, "esc")
	wantOnScreen(t, screen, "15 runs")
}

func TestRerunThatShowsUpLater(t *testing.T) {
	t.Parallel()
	now := testNow
	content := samplebook.Study(testNow)
	startAgain := content.Rerun
	content.Rerun = nil
	book := samplebook.New(content)
	screen := openWith(t, book, Options{Renderer: renderer(termenv.Ascii), Now: func() time.Time { return now }}, 80, 24)
	press(t, screen, "r", "y")
	wantOnScreen(t, screen, "labbook › runs", "run 14 was started again, waiting")
	send1(t, screen, tick{})
	wantOnScreen(t, screen, "labbook › runs")
	book.Edit(func(c *samplebook.Content) {
		if err := startAgain(c, 3); err != nil {
			t.Error(err)
		}
	})
	send1(t, screen, tick{})
	wantOnScreen(t, screen, "labbook › runs", "15 runs") // somebody else's
	book.Edit(func(c *samplebook.Content) {
		if err := startAgain(c, 14); err != nil {
			t.Error(err)
		}
	})
	send1(t, screen, tick{})
	wantOnScreen(t, screen, "labbook › run 16")

	press(t, screen, "r", "y")
	now = now.Add(rerunPatience + time.Second)
	send1(t, screen, tick{})
	wantOnScreen(t, screen, "no new run has shown up")
}

func TestRerunThatFails(t *testing.T) {
	t.Parallel()
	content := samplebook.Study(testNow)
	content.Rerun = func(*samplebook.Content, int64) error { return errors.New("the program\x1b[2J is gone") }
	screen := open(t, samplebook.New(content), 80, 24)
	press(t, screen, "enter", "r", "y")
	wantOnScreen(t, screen, "✗ rerun: the program␛[2J is gone", "labbook › run 14")
}

func TestTheWayThere(t *testing.T) {
	t.Parallel()
	screen := open(t, samplebook.New(samplebook.Study(testNow)), 80, 24)
	press(t, screen, "j", "j", "enter", "2", "j", "j", "j", "enter", "w", "enter")
	wantOnScreen(t, screen, "labbook › run 12 › call 12.21 › why 12.21 › call 11.21")
	send1(t, screen, tea.WindowSizeMsg{Width: 40, Height: 10})
	wantOnScreen(t, screen, "labbook › … › call 11.21")
	send1(t, screen, tea.WindowSizeMsg{Width: 80, Height: 24})
	for _, want := range []string{"why 12.21", "call 12.21", "run 12", "runs"} {
		press(t, screen, "backspace")
		header, _, _ := strings.Cut(plain(screen.View()), "\n")
		if header = strings.Fields(header + "  ")[0]; header != "labbook" {
			t.Fatalf("header begins with %q", header)
		}
		wantOnScreen(t, screen, "› "+want)
	}
	press(t, screen, "esc", "backspace")
	if screen.HasEnded() {
		t.Error("going back from the first page ends the program")
	}
}

func TestFollowingACall(t *testing.T) {
	t.Parallel()
	content := samplebook.Study(testNow)
	for i := range content.Calls {
		if content.Calls[i].ID == (record.CallID{Run: 14, Call: 23}) {
			content.Calls[i].Parent = record.CallID{Run: 14, Call: 2}
		}
	}
	for key, want := range map[string]string{"o": "› call 1.23", "p": "› call 14.2 ", "u": "› run 14 › call 14.23 › run 14", "w": "it hit"} {
		screen := open(t, samplebook.New(content), 80, 24)
		press(t, screen, "enter", "2", "j", "enter")
		wantOnScreen(t, screen, "origin      1.23", "made by     14.2", "o origin", "p parent call")
		press(t, screen, key)
		if view := plain(screen.View()) + " "; !strings.Contains(strings.ReplaceAll(view, "\n", " \n"), want) {
			t.Errorf("after %s there is no %q on the screen:\n%s", key, want, view)
		}
	}
}

func TestQuitting(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reason string
		keys   []string
		ends   bool
	}{
		{"q quits", []string{"q"}, true},
		{"on any page", []string{"enter", "2", "enter", "q"}, true},
		{"ctrl+c quits", []string{"ctrl+c"}, true},
		{"in a filter q is a letter", []string{"/", "q"}, false},
		{"but ctrl+c quits", []string{"/", "ctrl+c"}, true},
		{"in a dialog q means no", []string{"r", "q"}, false},
		{"but ctrl+c quits", []string{"r", "ctrl+c"}, true},
		{"in the help q closes it", []string{"?", "q"}, false},
		{"but ctrl+c quits", []string{"?", "ctrl+c"}, true},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			screen := open(t, samplebook.New(samplebook.Study(testNow)), 80, 24)
			press(t, screen, test.keys...)
			if screen.HasEnded() != test.ends {
				t.Errorf("after %q the program has ended: %t, want %t", test.keys, screen.HasEnded(), test.ends)
			}
		})
	}
}

func TestMouse(t *testing.T) {
	t.Parallel()
	screen := open(t, samplebook.New(samplebook.Study(testNow)), 80, 24)
	click := func(x, y int) {
		send1(t, screen, tea.MouseMsg{X: x, Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
	}
	click(10, 4) // the header, the titles, runs 14, 13, 12
	wantOnScreen(t, screen, "▸ ✓   12")
	click(10, 4)
	wantOnScreen(t, screen, "labbook › run 12")
	click(12, 1)
	wantOnScreen(t, screen, "[calls]")
	send1(t, screen, tea.MouseMsg{X: 5, Y: 9, Action: tea.MouseActionPress, Button: tea.MouseButtonWheelDown})
	wantOnScreen(t, screen, "▸ ○  12.21")
	click(30, 1)
	wantOnScreen(t, screen, "[output]")
	press(t, screen, "r")
	click(10, 4)
	wantOnScreen(t, screen, "Start run 12 again")
}

func TestHelpNamesTheKeysOfThePage(t *testing.T) {
	t.Parallel()
	screen := open(t, samplebook.New(samplebook.Study(testNow)), 80, 60)
	press(t, screen, "enter", "2", "?")
	wantOnScreen(t, screen, "w           why miss", "shift+tab   previous tab", "pgup        page up", "ctrl+c      quit at once")
	press(t, screen, "?")
	wantOnScreen(t, screen, "[calls]")
}

// TestTheShellMissesNoChange answers the first question only after the book has
// changed.
func TestTheShellMissesNoChange(t *testing.T) {
	t.Parallel()
	book := samplebook.New(samplebook.Study(testNow))
	model := New(t.Context(), book, Options{Renderer: renderer(termenv.Ascii), Poll: -1, Now: func() time.Time { return testNow }})
	model.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	version := model.Init()()
	_, readRuns := model.Update(version)
	runs := readRuns()
	book.Edit(func(c *samplebook.Content) { c.Runs = c.Runs[:3] })
	model.Update(runs)
	if view := plain(model.View()); !strings.Contains(view, "14 runs") {
		t.Fatalf("the first answer is not shown:\n%s", view)
	}
	_, ask := model.Update(tick{})
	_, reread := model.Update(ask())
	if reread == nil {
		t.Fatal("another version makes the shell read nothing")
	}
	model.Update(reread())
	if view := plain(model.View()); !strings.Contains(view, "3 runs") {
		t.Errorf("the change is not shown:\n%s", view)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ctx, samplebook.New(samplebook.Content{}), Options{Renderer: renderer(termenv.Ascii)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run with a context that is done = %v, want %v", err, context.Canceled)
	}
}
