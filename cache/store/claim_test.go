package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"labbook/cache/store"
)

// claimantRole claims a key and keeps it until nobody holds its standard input.
func claimantRole(dir string) int {
	claim, err := store.Open(dir, store.Limits{}).Claim(keyOf(1))
	if err != nil || claim == nil {
		fmt.Fprintln(os.Stderr, "claim:", claim, err)
		return 1
	}
	fmt.Println("claimed") //nolint:forbidigo // it is a program here, and its output is the answer
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// newClaimant starts a process that holds a claim.
func newClaimant(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	claimant := exec.CommandContext(t.Context(), os.Args[0])
	claimant.Env = append(os.Environ(), roleEnv+"=claimant", dirEnv+"="+dir)
	claimant.Stderr = os.Stderr
	if _, err := claimant.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := claimant.StdoutPipe()
	if err == nil {
		err = claimant.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "claimed\n" {
		t.Fatalf("the claimant says %q, %v", line, err)
	}
	return claimant
}

func claim(t *testing.T, s *store.Store, key store.Key) *store.Claim {
	t.Helper()
	c, err := s.Claim(key)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no claims")
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClaimExcludesOtherProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(dir, store.Limits{})
	mine := claim(t, s, keyOf(2))
	if mine == nil {
		t.Fatal("a key that nobody has claimed is claimed")
	}
	mine.Release()

	claimant := newClaimant(t, dir)
	if claim(t, s, keyOf(1)) != nil {
		t.Error("two processes have claimed one key")
	}
	if other := claim(t, s, keyOf(2)); other == nil {
		t.Error("the claim of one key excludes another")
	} else {
		other.Release()
	}
	if err := claimant.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = claimant.Wait() // it was killed
	again := claim(t, s, keyOf(1))
	if again == nil {
		t.Fatal("the claim of a process that was killed still holds")
	}
	again.Release()
	if again = claim(t, s, keyOf(1)); again == nil {
		t.Error("a claim that was released still holds")
	}
	again.Release()
}

func TestClaimInAFolderThatWasDeleted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := store.Open(dir, store.Limits{})
	claim(t, s, keyOf(1)).Release()
	if err := os.RemoveAll(dir); err != nil {
		t.Skipf("the folder cannot be deleted while it is in use: %v", err)
	}
	put(t, s, keyOf(1), []byte("x"))
	newClaimant(t, dir)
	if claim(t, s, keyOf(1)) != nil {
		t.Error("claims in a folder that was made again are not seen")
	}
}

func TestCloseGivesUpTheClaimsFile(t *testing.T) {
	t.Parallel()
	s := store.Open(t.TempDir(), store.Limits{})
	held := claim(t, s, keyOf(1))
	put(t, s, keyOf(1), []byte("makes a folder")) // which must not take the file for deleted
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	held.Release() // it was held beyond Close
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(links) == 0 {
		t.Skip("this system does not list open files")
	}
	for _, link := range links {
		if path, err := os.Readlink(link); err == nil && strings.HasPrefix(path, s.Dir()+string(filepath.Separator)) {
			t.Errorf("%s is still open", path)
		}
	}
	if again := claim(t, s, keyOf(1)); again == nil {
		t.Error("a Store that was closed does not begin anew")
	} else {
		again.Release()
	}
}
