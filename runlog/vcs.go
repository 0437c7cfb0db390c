package runlog

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"labbook/runlog/event"
)

const (
	// maxDiff bounds the dirty diff that is stored with a run.
	maxDiff = 1 << 20
	gitTime = 10 * time.Second
	// vcsPatience bounds how long the end of a run waits for git: a short
	// program in a large repository is not to become a slow one.
	vcsPatience = 2 * time.Second
)

// askGit finds out at which revision dir stands and how it differs from it.
// False means that there is no git or no repository, which is no error. The time
// of git is added to spent.
func askGit(ctx context.Context, dir string, spent *helperTime) (event.VCS, bool) {
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	revision, _, err := git(ctx, dir, spent, "rev-parse", "HEAD")
	if err != nil {
		return event.VCS{}, false
	}
	vcs := event.VCS{Revision: strings.TrimSpace(string(revision))}
	if status, _, err := git(ctx, dir, spent, "status", "--porcelain", "--untracked-files=no"); err == nil && len(status) > 0 {
		vcs.Dirty = true
		diff, cut, err := git(ctx, dir, spent, "diff", "--no-color", "--no-ext-diff", "--no-textconv", "HEAD")
		if err == nil {
			vcs.Diff = string(bytes.ToValidUTF8(diff, []byte("�")))
			if cut {
				vcs.Diff += "\n(the rest of the diff was left out)\n"
			}
		}
	}
	return vcs, true
}

// git runs git without taking locks that the user's own git could stumble on.
// It returns the beginning of what git prints, and whether that was cut off.
func git(ctx context.Context, dir string, spent *helperTime, args ...string) (output []byte, cut bool, err error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	beginning := head{}
	cmd.Stdout = &beginning
	err = cmd.Run()
	spent.add(cmd.ProcessState)
	if err != nil && !beginning.cut {
		return nil, false, err
	}
	return beginning.bytes, beginning.cut, nil
}

// A head keeps the first maxDiff bytes that are written to it. Its error after
// that makes the writer stop: a diff can be larger than memory.
type head struct {
	bytes []byte
	cut   bool
}

func (h *head) Write(p []byte) (int, error) {
	room := maxDiff - len(h.bytes)
	if len(p) <= room {
		h.bytes = append(h.bytes, p...)
		return len(p), nil
	}
	h.bytes = append(h.bytes, p[:room]...)
	h.cut = true
	return room, io.ErrShortWrite
}
