package runlog

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"labbook/runlog/event"
	"labbook/runlog/secrets"
)

type repository struct{ dir, head string }

// newRepository makes a repository with one commit of one file.
func newRepository(t *testing.T) repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git: ", err)
	}
	r := repository{dir: t.TempDir()}
	r.git(t, "init", "-q")
	r.write(t, "model.go", "package model\n")
	r.git(t, "add", ".")
	r.git(t, "commit", "-q", "-m", "first")
	r.head = strings.TrimSpace(r.git(t, "rev-parse", "HEAD"))
	return r
}

func (r *repository) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *repository) git(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = r.dir
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return string(output)
}

// ask asks git about a folder that the repository has.
func (r *repository) ask(t *testing.T, folder ...string) event.VCS {
	t.Helper()
	vcs, ok := askGit(t.Context(), filepath.Join(append([]string{r.dir}, folder...)...), &helperTime{})
	if !ok {
		t.Fatal("it takes the repository for none")
	}
	if vcs.Revision != r.head {
		t.Errorf("the revision is %q, want %q", vcs.Revision, r.head)
	}
	return vcs
}

func TestAskGit(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	if vcs := r.ask(t); vcs.Dirty || vcs.Diff != "" {
		t.Errorf("after a commit: %+v", vcs)
	}
	r.write(t, "notes.txt", "untracked")
	if vcs := r.ask(t); vcs.Dirty || vcs.Diff != "" {
		t.Errorf("with an untracked file: %+v", vcs)
	}
	r.write(t, "model.go", "package model // \xff\n")
	if err := os.Mkdir(filepath.Join(r.dir, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{".", "below"} {
		vcs := r.ask(t, folder)
		if !vcs.Dirty || !strings.Contains(vcs.Diff, "-package model\n+package model // �\n") || !utf8.ValidString(vcs.Diff) {
			t.Errorf("with a changed file, asked in %s: %+v", folder, vcs)
		}
	}
	r.git(t, "add", "model.go")
	if vcs := r.ask(t); !vcs.Dirty || !strings.Contains(vcs.Diff, "+package model") {
		t.Errorf("with a staged file: %+v", vcs)
	}
}

func TestAskGitWithoutRevision(t *testing.T) {
	t.Parallel()
	if vcs, ok := askGit(t.Context(), t.TempDir(), &helperTime{}); ok {
		t.Errorf("no repository is taken for one: %+v", vcs)
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git: ", err)
	}
	r := repository{dir: t.TempDir()}
	r.git(t, "init", "-q")
	if vcs, ok := askGit(t.Context(), r.dir, &helperTime{}); ok {
		t.Errorf("a repository without a commit has a revision: %+v", vcs)
	}
	whole := newRepository(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if vcs, ok := askGit(ctx, whole.dir, &helperTime{}); ok {
		t.Errorf("with no time left git tells %+v", vcs)
	}
}

// A changed table of gigabytes is no reason to hold its diff in memory.
func TestLongDiffIsCut(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write(t, "model.go", strings.Repeat("// a line of some length\n", 2*maxDiff/24))
	vcs := r.ask(t)
	const note = "\n(the rest of the diff was left out)\n"
	if !vcs.Dirty || !strings.HasSuffix(vcs.Diff, note) || len(vcs.Diff) != maxDiff+len(note) {
		t.Errorf("%d bytes of diff, want %d and a note", len(vcs.Diff), maxDiff)
	}
}

func TestSecretsInADiffAreMasked(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write(t, "model.go", "package model\n\nconst key = \"AKIA"+"IOSFODNN7EXAMPLE\" // internal-7\n")
	patterns, err := secrets.Parse("re:internal-[0-9]")
	if err != nil {
		t.Fatal(err)
	}
	recorder := &Recorder{secrets: secrets.New(patterns...)}
	vcs, ok := recorder.stateOfSource(t.Context(), r.dir)
	if want := "+const key = \"" + Masked + "\" // " + Masked + "\n"; !ok || !strings.Contains(vcs.Diff, want) {
		t.Errorf("the diff is %q, want %q in it", vcs.Diff, want)
	}
	if recorder.helpers.user.Load()+recorder.helpers.system.Load() <= 0 {
		t.Error("git has taken no time")
	}
}

// What recording's own helpers took is not the program's.
func TestUsageIsTheProgramsOwn(t *testing.T) {
	t.Parallel()
	r := &Recorder{}
	if u := r.usage(); u.UserTime+u.SysTime <= 0 {
		t.Errorf("the program has used %+v", u)
	}
	const all = 1 << 60
	r.helpers.user.Store(all)
	r.helpers.system.Store(all)
	if u := r.usage(); u.UserTime != 0 || u.SysTime != 0 {
		t.Errorf("without its helpers it has used %+v", u)
	}
}
