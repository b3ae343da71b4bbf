/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "runtime/base/fd.h"
#include "tests/unit/scratch.h"

/* ---- names ---- */

static void paths_are_cleaned(void **state)
{
	static const struct {
		const char *path, *clean;
		size_t above;
	} rows[] = {
		{ "", "/", 0 },          { "/", "/", 0 },
		{ "//", "/", 0 },        { "a", "/a", 0 },
		{ "/a/", "/a", 0 },      { "/a//b/./c/../d", "/a/b/d", 0 },
		{ ".", "/", 0 },         { "./a/.", "/a", 0 },
		{ "/a/..", "/", 0 },     { "/a/../b", "/b", 0 },
		{ "/..", "/", 1 },       { "..", "/", 1 },
		{ "/../../a", "/a", 2 }, { "/a/../../b", "/b", 1 },
		{ "/...", "/...", 0 },   { "/a/..b/.c", "/a/..b/.c", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *clean = path_clean(rows[i].path);
		auto_free char *out = malloc(strlen(rows[i].path) + 2);

		assert_string_equal(clean, rows[i].clean);
		assert_int_equal(path_clean_into(out, rows[i].path), rows[i].above);
		assert_string_equal(out, rows[i].clean);
	}
}

static void joining_puts_one_slash_between(void **state)
{
	auto_free char *a = path_join("/x", "y"), *b = path_join("/x/", "y"),
		       *c = path_join("/x", "/y");

	(void)state;
	assert_string_equal(a, "/x/y");
	assert_string_equal(b, "/x/y");
	assert_string_equal(c, "/y");
}

/* ---- a root, and links that would leave it ---- */

/* out/ beside root/: what an attack would reach. */
struct tree {
	int root, out;
};

static struct tree make_tree(const struct scratch *scratch)
{
	struct tree tree;

	assert_int_equal(mkdirat(scratch->fd, "root", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "out", 0755), 0);
	tree.root = openat(scratch->fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	tree.out = openat(scratch->fd, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree.root >= 0 && tree.out >= 0);
	return tree;
}

static void tree_done(struct tree *tree)
{
	close(tree->root);
	close(tree->out);
}

static bool is_empty(int dirfd)
{
	return unlinkat(dirfd, ".", AT_REMOVEDIR) < 0 && errno == EINVAL &&
	       lseek(dirfd, 0, SEEK_SET) == 0 && ({
		       char buf[512];
		       long n, total = 0;

		       while ((n = syscall(SYS_getdents64, dirfd, buf, sizeof(buf))) > 0)
			       total += n;
		       total <= 48; /* "." and ".." */
	       });
}

static bool has(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Links to the folder out/ by every road. */
static void plant_links(const struct scratch *scratch, int dirfd)
{
	auto_free char *absolute = str_dupf("%s/out", scratch->path);

	assert_int_equal(symlinkat(absolute, dirfd, "absolute"), 0);
	assert_int_equal(symlinkat("../out", dirfd, "up"), 0);
	assert_int_equal(symlinkat("../../../../../../../../tmp", dirfd, "far"), 0);
}

static void opening_follows_links_inside_the_root_only(void **state)
{
	struct tree tree = make_tree(*state);
	auto_fd int fd = -1;

	plant_links(*state, tree.root);
	assert_int_equal(mkdirat(tree.root, "dir", 0755), 0);
	assert_int_equal(symlinkat("/dir", tree.root, "link"), 0);
	fd = path_open_in(tree.root, "/link", O_PATH, 0);
	assert_true(fd >= 0);
	assert_int_equal(path_open_in(tree.root, "absolute", O_PATH, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(path_open_in(tree.root, "up", O_PATH, 0), -1);
	assert_int_equal(path_open_in(tree.root, "../../etc", O_PATH, 0), -1);
	tree_done(&tree);
}

static void the_root_itself_is_opened(void **state)
{
	struct tree tree = make_tree(*state);
	auto_fd int a = path_open_in(tree.root, "", O_PATH, 0),
		    b = path_open_in(tree.root, "/../..", O_PATH, 0);
	struct stat x, y, z;

	assert_int_equal(fstat(tree.root, &x), 0);
	assert_int_equal(fstat(a, &y), 0);
	assert_int_equal(fstat(b, &z), 0);
	assert_true(x.st_ino == y.st_ino && x.st_ino == z.st_ino);
	tree_done(&tree);
}

static void magic_links_are_refused(void **state)
{
	auto_fd int slash = open("/", O_PATH | O_CLOEXEC);
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/root", getpid());
	assert_int_equal(path_open_in(slash, path, O_PATH, 0), -1);
	assert_int_equal(errno, ELOOP);
}

static void what_is_opened_closes_on_exec(void **state)
{
	struct tree tree = make_tree(*state);
	auto_fd int fd = path_open_in(tree.root, "/", O_PATH, 0);

	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	tree_done(&tree);
}

static void folders_are_made_where_missing(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;
	auto_fd int fd = -1, again = -1;
	struct stat a, b;

	assert_ok(fd = path_make_dir_in(tree.root, "a//b/./c", 0700, &err), &err);
	assert_int_equal(fstatat(tree.root, "a/b/c", &a, 0), 0);
	assert_int_equal(a.st_mode & 0777, 0700);
	assert_ok(again = path_make_dir_in(tree.root, "/a/b/c", 0755, &err), &err);
	assert_int_equal(fstat(again, &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	tree_done(&tree);
}

static void folders_are_made_behind_links_inside_the_root(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;
	auto_fd int fd = -1;

	assert_int_equal(mkdirat(tree.root, "run", 0755), 0);
	assert_int_equal(mkdirat(tree.root, "var", 0755), 0);
	assert_int_equal(symlinkat("/run", tree.root, "var/run"), 0);
	assert_ok(fd = path_make_dir_in(tree.root, "/var/run/x/y", 0755, &err), &err);
	assert_true(has(tree.root, "run/x/y"));
	tree_done(&tree);
}

static void nothing_is_made_outside_the_root(void **state)
{
	static const char *const ways[] = { "absolute/x", "up/x", "far/vzrun-unit-x", "../out/x",
					    "../../out/x" };
	struct tree tree = make_tree(*state);
	const char *name;

	plant_links(*state, tree.root);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		fd_closep(&(int){ path_make_dir_in(tree.root, ways[i], 0755, NULL) });
		fd_closep(&(int){ path_make_file_in(tree.root, ways[i], 0644, NULL) });
		fd_closep(&(int){ path_make_parent_in(tree.root, ways[i], &name, NULL) });
	}
	assert_true(is_empty(tree.out));
	assert_int_equal(access("/tmp/vzrun-unit-x", F_OK), -1);
	tree_done(&tree);
}

static void a_file_where_a_folder_must_be_is_an_error(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;

	close(openat(tree.root, "file", O_CREAT | O_WRONLY, 0644));
	assert_fails(path_make_dir_in(tree.root, "/file/x", 0755, &err), &err, ENOTDIR,
		     "make folder \"/file/x\" in the container: Not a directory");
	tree_done(&tree);
}

static void parents_are_made_and_the_name_is_told(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;
	const char *name = NULL;
	auto_fd int fd = -1, top = -1;

	assert_ok(fd = path_make_parent_in(tree.root, "/dev/net/tun", &name, &err), &err);
	assert_string_equal(name, "tun");
	assert_true(has(tree.root, "dev/net"));
	assert_false(has(tree.root, "dev/net/tun"));
	assert_ok(top = path_make_parent_in(tree.root, "file", &name, &err), &err);
	assert_string_equal(name, "file");
	assert_fails(path_make_parent_in(tree.root, "/a/..", &name, &err), &err, ERR_INPUT,
		     "\"/a/..\" names no file");
	assert_fails(path_make_parent_in(tree.root, "/", &name, &err), &err, ERR_INPUT,
		     "\"/\" names no file");
	tree_done(&tree);
}

static void files_are_made_empty_and_never_emptied(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;
	auto_fd int fd = -1, again = -1, old = -1;
	struct stat st;

	assert_ok(fd = path_make_file_in(tree.root, "/etc/hosts", 0600, &err), &err);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISREG(st.st_mode) && st.st_size == 0 && (st.st_mode & 0777) == 0600);
	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	old = openat(tree.root, "etc/hosts", O_WRONLY);
	assert_int_equal(write(old, "x", 1), 1);
	assert_ok(again = path_make_file_in(tree.root, "/etc/hosts", 0644, &err), &err);
	assert_int_equal(fstat(again, &st), 0);
	assert_int_equal(st.st_size, 1);
	tree_done(&tree);
}

static bool same(int fd, int dirfd, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dirfd, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static void what_a_dangling_link_names_is_made(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;
	auto_fd int file = -1, dir = -1, below = -1, parent = -1;
	const char *name;

	assert_int_equal(mkdirat(tree.root, "usr", 0755), 0);
	assert_int_equal(mkdirat(tree.root, "usr/etc", 0755), 0);
	assert_int_equal(mkdirat(tree.root, "var", 0755), 0);
	assert_int_equal(symlinkat("usr/etc", tree.root, "etc"), 0);
	/* Relative to where it lies, not to the path that led there. */
	assert_int_equal(symlinkat("../run/resolve/stub", tree.root, "etc/resolv.conf"), 0);
	assert_ok(file = path_make_file_in(tree.root, "/etc/resolv.conf", 0600, &err), &err);
	assert_true(same(file, tree.root, "usr/run/resolve/stub"));
	assert_int_equal(symlinkat("/run/lock", tree.root, "var/lock"), 0);
	assert_ok(dir = path_make_dir_in(tree.root, "/var/lock", 0700, &err), &err);
	assert_true(same(dir, tree.root, "run/lock"));
	assert_int_equal(unlinkat(tree.root, "run/lock", AT_REMOVEDIR), 0);
	assert_ok(below = path_make_file_in(tree.root, "var/lock/a/b", 0644, &err), &err);
	assert_true(same(below, tree.root, "run/lock/a/b"));
	assert_int_equal(symlinkat("lock/../none/", tree.root, "var/x"), 0);
	assert_ok(parent = path_make_parent_in(tree.root, "/var/x/y", &name, &err), &err);
	assert_true(same(parent, tree.root, "run/none"));
	tree_done(&tree);
}

static void a_dangling_link_to_a_link_is_followed(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;
	auto_fd int file = -1, dir = -1;

	assert_int_equal(symlinkat("b", tree.root, "a"), 0);
	assert_int_equal(symlinkat("/new/../c", tree.root, "b"), 0);
	assert_int_equal(symlinkat("./d", tree.root, "c"), 0);
	assert_ok(file = path_make_file_in(tree.root, "/a", 0644, &err), &err);
	assert_true(same(file, tree.root, "d"));
	assert_int_equal(symlinkat("f", tree.root, "e"), 0);
	assert_int_equal(symlinkat("g", tree.root, "f"), 0);
	assert_ok(dir = path_make_dir_in(tree.root, "/e/x", 0755, &err), &err);
	assert_true(same(dir, tree.root, "g/x"));
	tree_done(&tree);
}

static void dangling_links_stay_inside_the_root(void **state)
{
	const struct scratch *scratch = *state;
	struct tree tree = make_tree(scratch);
	auto_free char *absolute = str_dupf("%s/out/new", scratch->path);
	auto_free char *inside = str_dupf("%s/out/new", scratch->path + 1);
	const char *targets[] = { absolute, "../out/new", "x/../../../../out/new" };
	const char *made[] = { inside, "out/new", "out/new" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		for (int is_dir = 0; is_dir < 2; is_dir++) {
			struct err err;
			auto_fd int fd = -1;

			assert_int_equal(symlinkat(targets[i], tree.root, "bad"), 0);
			fd = is_dir ? path_make_dir_in(tree.root, "/bad", 0755, &err) :
				      path_make_file_in(tree.root, "/bad", 0644, &err);
			assert_ok(fd, &err);
			assert_true(same(fd, tree.root, made[i]));
			assert_int_equal(unlinkat(tree.root, made[i], is_dir ? AT_REMOVEDIR : 0),
					 0);
			assert_int_equal(unlinkat(tree.root, "bad", 0), 0);
			assert_true(is_empty(tree.out));
		}
	tree_done(&tree);
}

/* Each link leads over a folder that is missing: the kernel does not see the chain's length. */
static void too_many_links_are_refused(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;

	assert_int_equal(symlinkat("loop", tree.root, "loop"), 0);
	assert_fails(path_make_file_in(tree.root, "/loop", 0644, &err), &err, ELOOP,
		     "open \"/loop\" in the container: Too many levels of symbolic links");
	assert_fails(path_make_dir_in(tree.root, "/loop/x", 0755, &err), &err, ELOOP,
		     "make folder \"/loop/x\" in the container: "
		     "Too many levels of symbolic links");
	for (int i = 0; i < 60; i++) {
		char name[16], text[32];

		snprintf(name, sizeof(name), "l%d", i);
		snprintf(text, sizeof(text), "m%d/../l%d", i, i + 1);
		assert_int_equal(symlinkat(text, tree.root, name), 0);
	}
	assert_fails(path_make_file_in(tree.root, "/l0", 0644, &err), &err, ELOOP,
		     "make \"/l0\" in the container: Too many levels of symbolic links");
	assert_false(has(tree.root, "l60"));
	tree_done(&tree);
}

static void a_link_that_can_name_no_file_is_refused(void **state)
{
	struct tree tree = make_tree(*state);
	struct err err;

	assert_int_equal(symlinkat("none/", tree.root, "slash"), 0);
	assert_fails(path_make_file_in(tree.root, "/slash", 0644, &err), &err, EISDIR,
		     "make \"/slash\" in the container: Is a directory");
	tree_done(&tree);
}

/* Another process exchanges a folder and a link to out/ as fast as it can. */
static pid_t start_exchanger(int root)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;)
		syscall(SYS_renameat2, root, "dir", root, "link", 2 /* RENAME_EXCHANGE */);
}

static void an_exchanged_folder_leads_nowhere_else(void **state)
{
	const struct scratch *scratch = *state;
	struct tree tree = make_tree(scratch);
	auto_free char *out = str_dupf("%s/out", scratch->path);
	pid_t pid;

	assert_int_equal(mkdirat(tree.root, "dir", 0755), 0);
	assert_int_equal(symlinkat(out, tree.root, "link"), 0);
	pid = start_exchanger(tree.root);
	for (int i = 0; i < 500; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dir/d%d/e", i);
		fd_closep(&(int){ path_make_dir_in(tree.root, path, 0755, NULL) });
		snprintf(path, sizeof(path), "/dir/f%d", i);
		fd_closep(&(int){ path_make_file_in(tree.root, path, 0644, NULL) });
		snprintf(path, sizeof(path), "l%d", i);
		assert_int_equal(symlinkat("dir/../dir/g/h", tree.root, path), 0);
		fd_closep(&(int){ path_make_file_in(tree.root, path, 0644, NULL) });
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(is_empty(tree.out));
	tree_done(&tree);
}

/* ---- host folders ---- */

static void host_folders_are_made_with_their_parents(void **state)
{
	const struct scratch *scratch = *state;
	auto_free char *path = str_dupf("%s/a/b/c", scratch->path);
	struct err err;

	assert_ok(path_mkdirs(path, 0750, &err), &err);
	assert_ok(path_mkdirs(path, 0750, &err), &err);
	assert_true(scratch_has(scratch, "a/b/c"));
}

/* ---- removal ---- */

/* The process has a mount namespace of its own. */
static bool private_mounts;

static void a_tree_is_removed_whole(void **state)
{
	const struct scratch *scratch = *state;
	struct err err;

	assert_int_equal(mkdirat(scratch->fd, "t", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "t/a", 0), 0);
	for (int i = 0; i < 300; i++) {
		char name[32];

		snprintf(name, sizeof(name), "t/a/%d", i);
		if (i % 2)
			close(openat(scratch->fd, name, O_CREAT | O_WRONLY, 0));
		else
			mkdirat(scratch->fd, name, 0);
	}
	assert_int_equal(symlinkat("nowhere", scratch->fd, "t/link"), 0);
	assert_int_equal(mknodat(scratch->fd, "t/fifo", S_IFIFO, 0), 0);
	assert_ok(path_remove_tree(scratch->fd, "t", &err), &err);
	assert_false(scratch_has(scratch, "t"));
}

static void a_file_or_nothing_is_removed_too(void **state)
{
	const struct scratch *scratch = *state;
	struct err err;

	close(openat(scratch->fd, "f", O_CREAT | O_WRONLY, 0644));
	assert_ok(path_remove_tree(scratch->fd, "f", &err), &err);
	assert_false(scratch_has(scratch, "f"));
	assert_ok(path_remove_tree(scratch->fd, "f", &err), &err);
}

static void removal_does_not_follow_links(void **state)
{
	const struct scratch *scratch = *state;
	struct tree tree = make_tree(scratch);
	struct err err;

	plant_links(scratch, tree.root);
	close(openat(tree.out, "precious", O_CREAT | O_WRONLY, 0644));
	assert_int_equal(symlinkat("out", scratch->fd, "top"), 0);
	assert_ok(path_remove_tree(scratch->fd, "root", &err), &err);
	assert_ok(path_remove_tree(scratch->fd, "top", &err), &err);
	assert_true(has(tree.out, "precious"));
	assert_false(scratch_has(scratch, "root"));
	tree_done(&tree);
}

/* Deeper than there can be fds, and than a path can be long. */
static void a_deep_tree_is_removed_with_few_fds(void **state)
{
	const struct scratch *scratch = *state;
	struct rlimit old, few = { 128, 128 };
	struct err err;
	int at = dup(scratch->fd), rc;

	for (int i = 0; i < 3000; i++) {
		int next;

		assert_int_equal(mkdirat(at, "a-longer-name", 0755), 0);
		if (i % 100 == 0)
			close(openat(at, "file", O_CREAT | O_WRONLY, 0644));
		next = openat(at, "a-longer-name", O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	close(at);
	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &few);
	rc = path_remove_tree(scratch->fd, "a-longer-name", &err);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_ok(rc, &err);
	assert_false(scratch_has(scratch, "a-longer-name"));
}

static void a_tree_is_named_by_a_path(void **state)
{
	const struct scratch *scratch = *state;
	auto_free char *absolute = str_dupf("%s/a/b", scratch->path);
	struct err err;

	assert_int_equal(mkdirat(scratch->fd, "a", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "a/b", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "a/b/c", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "a/d", 0755), 0);
	assert_ok(path_remove_tree(AT_FDCWD, absolute, &err), &err);
	assert_false(scratch_has(scratch, "a/b"));
	assert_ok(path_remove_tree(scratch->fd, "a/d", &err), &err);
	assert_false(scratch_has(scratch, "a/d"));
	assert_ok(path_remove_tree(scratch->fd, "none/d", &err), &err);
	assert_fails(path_remove_tree(scratch->fd, "a/", &err), &err, ERR_INPUT,
		     "remove \"a/\": it names no file");
	assert_true(scratch_has(scratch, "a"));
}

/* The source of a bind mount has the same device number as what it lies on. */
static void removal_stops_at_a_mount(void **state)
{
	const struct scratch *scratch = *state;
	struct tree tree = make_tree(scratch);
	auto_free char *from = str_dupf("%s/out", scratch->path);
	auto_free char *to = str_dupf("%s/root/mnt", scratch->path);
	struct err err;

	if (!private_mounts) {
		print_message("no mount namespace could be made\n");
		tree_done(&tree);
		skip();
	}
	assert_int_equal(mkdirat(tree.root, "mnt", 0755), 0);
	close(openat(tree.out, "precious", O_CREAT | O_WRONLY, 0644));
	assert_int_equal(mount(from, to, NULL, MS_BIND, NULL), 0);
	assert_fails(path_remove_tree(scratch->fd, "root", &err), &err, EBUSY,
		     "remove \"mnt\": something is mounted there");
	assert_fails(path_remove_tree(tree.root, "mnt", &err), &err, EBUSY,
		     "remove \"mnt\": something is mounted there");
	assert_true(has(tree.out, "precious"));
	assert_int_equal(umount2(to, MNT_DETACH), 0);
	tree_done(&tree);
}

static void a_tree_on_another_mount_is_removed(void **state)
{
	const struct scratch *scratch = *state;
	auto_free char *mnt = str_dupf("%s/mnt", scratch->path);
	struct err err;

	if (!private_mounts) {
		print_message("no mount namespace could be made\n");
		skip();
	}
	assert_int_equal(mkdirat(scratch->fd, "mnt", 0755), 0);
	assert_int_equal(mount("tmpfs", mnt, "tmpfs", 0, NULL), 0);
	assert_int_equal(mkdirat(scratch->fd, "mnt/t", 0755), 0);
	assert_int_equal(mkdirat(scratch->fd, "mnt/t/x", 0755), 0);
	assert_ok(path_remove_tree(scratch->fd, "mnt/t", &err), &err);
	assert_false(scratch_has(scratch, "mnt/t"));
	assert_int_equal(umount2(mnt, MNT_DETACH), 0);
}

static void what_can_not_be_made_is_named(void **state)
{
	const struct scratch *scratch = *state;
	auto_free char *below = str_dupf("%s/file/x/y", scratch->path);
	auto_free char *text =
		str_dupf("make folder \"%s/file/x\": Not a directory", scratch->path);
	struct err err;

	close(openat(scratch->fd, "file", O_CREAT | O_WRONLY, 0644));
	assert_fails(path_mkdirs(below, 0755, &err), &err, ENOTDIR, text);
	assert_fails(path_make_file_in(scratch->fd, "/file/x", 0644, &err), &err, ENOTDIR,
		     "open \"/file/x\" in the container: Not a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_cleaned),
		cmocka_unit_test(joining_puts_one_slash_between),
		scratch_test(opening_follows_links_inside_the_root_only),
		scratch_test(the_root_itself_is_opened),
		cmocka_unit_test(magic_links_are_refused),
		scratch_test(what_is_opened_closes_on_exec),
		scratch_test(folders_are_made_where_missing),
		scratch_test(folders_are_made_behind_links_inside_the_root),
		scratch_test(nothing_is_made_outside_the_root),
		scratch_test(a_file_where_a_folder_must_be_is_an_error),
		scratch_test(parents_are_made_and_the_name_is_told),
		scratch_test(files_are_made_empty_and_never_emptied),
		scratch_test(what_a_dangling_link_names_is_made),
		scratch_test(a_dangling_link_to_a_link_is_followed),
		scratch_test(dangling_links_stay_inside_the_root),
		scratch_test(too_many_links_are_refused),
		scratch_test(a_link_that_can_name_no_file_is_refused),
		scratch_test(an_exchanged_folder_leads_nowhere_else),
		scratch_test(host_folders_are_made_with_their_parents),
		scratch_test(a_tree_is_removed_whole),
		scratch_test(a_file_or_nothing_is_removed_too),
		scratch_test(removal_does_not_follow_links),
		scratch_test(a_deep_tree_is_removed_with_few_fds),
		scratch_test(a_tree_is_named_by_a_path),
		scratch_test(removal_stops_at_a_mount),
		scratch_test(a_tree_on_another_mount_is_removed),
		scratch_test(what_can_not_be_made_is_named),
	};

	umask(022);
	private_mounts =
		unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
