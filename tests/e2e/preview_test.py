#!/usr/bin/env python3
"""Previews: what a program says that a rule names is shown to the approvers, bound, and looked at again at the claim."""
import json
import os
import shutil
import signal
import sqlite3
import time

import backends_test
import harness
import server_test

POLICY = """
groups:
  reviewers: [jit-bob, jit-carol]
rules:
  - name: applies
    match: {command.name: apply, command.subcommand: "?*"}
    effect: ask
    approval: {from: {reviewers: 1}, expires: 1m, valid_for: 1m}
    break_glass: {from: [reviewers]}
    preview:
      command: [plan-tool, show, -no-color, --, "{command.argv[-1]}"]
      timeout: 3s
      ignore: ["^Refreshed at "]
      exit: [0, 2]
  - name: uses
    match: {command.name: uses}
    effect: ask
    approval: {from: {reviewers: 1}, uses: 3}
    preview: [plan-tool, show, -no-color, --, plan]
  - name: options
    match: {command.name: options}
    effect: ask
    preview: [plan-tool, show, "{command.options.out}", "x={command.options.out}", --, "{command.argv}"]
  - {name: rest, match: {}, effect: ask, approval: {from: {reviewers: 1}, expires: 1m}}
"""
# As terraform's: it shows what is in a plan file, and when it looked.
TOOL = """\
#!/bin/sh
while [ "$1" != -- ]; do shift; done
echo "Refreshed at $(date +%s.%N) by $$"
cat -- "$2" || exit 1
echo "Plan: $(grep -c . < "$2") to change"
exit 2
"""
APPLY = "#!/bin/sh\necho applied; cat plan\n"


class Suite:
    def policy(self, text):
        super().policy(POLICY if text == backends_test.POLICY else text)

    def setUp(self):
        super().setUp()
        self.policy(POLICY)
        self.open_backend()
        self.work = os.path.join(self.dir, "work")
        os.mkdir(self.work)
        self.tools = os.path.join(self.dir, "tools")
        os.mkdir(self.tools)
        self.write(self.tools + "/plan-tool", TOOL)
        for name in ("apply", "uses", "options"):
            self.write(f"{self.tools}/{name}", APPLY)
        self.plan("one", "two", "three")

    def open_backend(self):
        pass

    @staticmethod
    def write(path, text, mode=0o755):
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)

    def plan(self, *lines):
        self.write(os.path.join(self.work, "data"), "".join(line + "\n" for line in lines), 0o644)
        # The operand stays as it is; what a tool shows may come from elsewhere.
        self.write(os.path.join(self.work, "plan"), "plan of data\n", 0o644)

    def tool(self, text):
        self.write(self.tools + "/plan-tool", text)

    def env(self, user, **more):
        env = super().env(user, **more)
        if "PATH" not in more:
            env["PATH"] = self.tools + ":" + env["PATH"]
        return env

    def post(self, *command, options=(), **more):
        done = self.call("jit-alice", "jit-run", "--no-wait", "--quiet", *options, "--", *command, cwd=self.work, **more)
        self.assertEqual(done.code, 0, done)
        return done.out.strip()

    def refused(self, *command, code=125, options=(), **more):
        done = self.call("jit-alice", "jit-run", "--no-wait", "--quiet", *options, "--", *command, cwd=self.work, **more)
        self.assertEqual((done.code, done.out), (code, ""), done)
        return done.err

    def approve(self, request_id):
        self.ok("jit-bob", "jit-approve", "approve", "--yes", request_id)

    def resume(self, request_id, *command, **more):
        return self.call("jit-alice", "jit-run", "--quiet", "--request", request_id, "--", *command, cwd=self.work, **more)

    def show(self, request_id):
        return self.ok("jit-bob", "jit-approve", "show", request_id).out

    def test_unchanged_it_runs(self):
        run = self.start("jit-alice", "jit-run", "--", "apply", "plan", cwd=self.work)
        [request] = self.pending("jit-bob")
        [preview] = request["context"]["preview"]
        self.assertEqual(preview["argv"], ["plan-tool", "show", "-no-color", "--", "plan"])
        self.assertEqual(preview["path"], self.tools + "/plan-tool")
        self.assertEqual(preview["exit"], 2)
        self.assertEqual(preview["lines"], ["plan of data", "Plan: 1 to change"])
        self.assertEqual([line["after"] for line in preview["ignored"]], [0])
        shown = self.show(request["id"])
        for text in ("for rule applies, run by the requester", "plan-tool show -no-color -- plan", self.tools + "/plan-tool",
                     "|Plan: 1 to change", "not bound |Refreshed at ", "2 lines bound, and 1 line that the rule does not bind"):
            self.assertIn(text.replace("|", ""), shown.replace("|", "").replace("  ", " ").replace("  ", " "), shown)
        self.approve(request["id"])
        done = self.finish(run)
        self.assertEqual((done.code, done.out), (0, "applied\nplan of data\n"), done)
        self.assertIn("making the preview of rule applies: plan-tool show", done.err)

    def drifting(self):
        """A tool whose output comes from a file that is no operand, as a plan that is made against the world does."""
        self.tool(f"#!/bin/sh\ncat {self.work}/data\n")

    def test_drift(self):
        self.drifting()
        for retry in ((), ("--retry-changed",)):
            self.plan("# module.db", "  size = 1", "  zone = a", "Plan: 0 to destroy")
            run = self.start("jit-alice", "jit-run", *retry, "--", "apply", "plan", cwd=self.work)
            [request] = self.pending("jit-bob")
            self.plan("# module.db", "  size = 1", "  zone = b", "Plan: 9 to destroy")
            self.approve(request["id"])
            if retry:
                [anew] = self.pending("jit-bob")
                self.assertIn("Plan: 9 to destroy", anew["context"]["preview"][0]["lines"])
                self.assertIn("  +Plan: 9 to destroy", anew["earlier"]["differences"])
                self.assertIn("+Plan: 9 to destroy", self.show(anew["id"]))
                self.approve(anew["id"])
                self.assertEqual(self.finish(run).out, "applied\nplan of data\n")
                continue
            done = self.finish(run)
            self.assertEqual((done.code, done.out), (116, ""), done)
            for line in ("preview of rule applies: what it shows is not what was approved", "@@ line 1", " # module.db",
                         "-  zone = a", "+  zone = b", "-Plan: 0 to destroy", "+Plan: 9 to destroy"):
                self.assertIn("  " + line + "\n", done.err)
            self.assertNotIn("-  size", done.err)
            self.assertEqual(self.request("jit-bob", request["id"])["state"], "changed")

    def test_the_program_or_what_path_finds_is_another(self):
        posted = self.post("apply", "plan")
        self.approve(posted)
        self.tool(TOOL + "# the same output\n")
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("plan-tool: content changed", done.err)

        posted = self.post("apply", "plan")
        self.approve(posted)
        early = os.path.join(self.dir, "early")
        os.mkdir(early)
        shutil.copy(self.tools + "/plan-tool", early)
        done = self.resume(posted, "apply", "plan", env=self.env("jit-alice", PATH=early + ":" + self.env("jit-alice")["PATH"]))
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn(f"path was {self.tools}/plan-tool, is {early}/plan-tool", done.err)

        posted = self.post("apply", "plan")
        self.approve(posted)
        os.remove(self.tools + "/plan-tool")
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("there is no program plan-tool", done.err)
        self.assertIn("there is no program plan-tool", self.refused("apply", "plan"))

    def test_who_approves_on_a_terminal_sees_it_first(self):
        posted = self.post("apply", "plan")
        screen = self.terminal("jit-bob", "jit-approve", "approve", posted, columns=100, rows=60)
        screen.expect(r"Plan: 1 to change[\s\S]*\?")
        self.assertIn("run by the requester on their machine", screen.text)
        screen.send("y\n")
        self.assertEqual(screen.wait(), 0, screen.text)
        self.assertEqual(self.resume(posted, "apply", "plan").code, 0)
        posted = self.post("apply", "plan")
        screen = self.terminal("jit-bob", "jit-approve", columns=100, rows=60)
        screen.expect(posted[:8])
        screen.send("\r")
        screen.expect("Plan: 1 to change")
        screen.send("q")

    def test_late_at_the_claim_it_says_nothing_and_can_go_on(self):
        posted = self.post("apply", "plan")
        self.approve(posted)
        slow = "#!/bin/sh\n[ -e slow ] && sleep 60\necho x\n"
        self.tool(slow)
        posted = self.post("apply", "plan")
        self.approve(posted)
        self.write(self.work + "/slow", "")
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (117, ""), done)
        self.assertIn("it took longer than 3s", done.err)
        os.remove(self.work + "/slow")
        done = self.resume(posted, "apply", "plan")
        self.assertEqual(done.code, 0, done)

    def test_what_changes_while_it_is_made(self):
        self.write(self.work + "/plan", "plan\n", 0o644)
        self.tool("#!/bin/sh\n[ -e arm ] && echo evil > plan; echo fine\n")
        for name in ("", "plan"):
            os.chmod(os.path.join(self.work, name), 0o777)
        posted = self.post("apply", "plan")
        self.approve(posted)
        self.write(self.work + "/arm", "")
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("plan: content changed", done.err)
        self.assertEqual(self.request("jit-bob", posted)["state"], "changed")

    def test_used_again_it_is_made_again(self):
        self.drifting()
        posted = self.post("uses", "plan")
        self.approve(posted)
        self.assertEqual(self.resume(posted, "uses", "plan").code, 0)
        done = self.call("jit-alice", "jit-run", "--quiet", "--wait", "1s", "--", "uses", "plan", cwd=self.work)
        self.assertEqual(done.code, 0, done)  # nobody was asked
        self.plan("something else")
        done = self.call("jit-alice", "jit-run", "--quiet", "--wait", "300ms", "--", "uses", "plan", cwd=self.work)
        self.assertEqual((done.code, done.out), (114, ""), done)  # somebody was

    def test_a_preview_that_fails_asks_nobody(self):
        for tool, why in (("echo broken >&2; exit 1", "exit code 1"), ("kill -9 $$", "signal 9"),
                          ("sleep 60", "longer than 3s"), ("yes", "larger than 256 KiB"),
                          ("sleep 60 & sleep 60", "longer than 3s"),
                          ("head -c 200000 /dev/zero", "too large to be shown whole")):
            with self.subTest(tool=tool):
                self.tool("#!/bin/sh\n" + tool + "\n")
                started = time.monotonic()
                said = self.refused("apply", "plan")
                self.assertLess(time.monotonic() - started, 12)
                self.assertIn("the preview of rule applies could not be made: ", said)
                self.assertIn(why, said)
        self.assertIn("| broken", self.refused_output("echo broken >&2; exit 1"))
        self.assertEqual(json.loads(self.call("jit-bob", "jit-approve", "list", "--all", "--json").out or "[]"), [])

    def refused_output(self, tool):
        self.tool("#!/bin/sh\n" + tool + "\n")
        return self.refused("apply", "plan")

    def test_a_large_one_is_shown_whole(self):
        self.tool("#!/bin/sh\nseq 1 40000\n")
        posted = self.post("apply", "plan")
        shown = self.show(posted).splitlines()
        self.assertEqual([line.split()[-1] for line in shown if line.lstrip().startswith("| ")], [str(i + 1) for i in range(40000)])
        self.approve(posted)
        self.assertEqual(self.resume(posted, "apply", "plan").code, 0)
        posted = self.post("apply", "plan")
        self.approve(posted)
        self.tool("#!/bin/sh\nseq 40000 79999\n")
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("more lines that differ", done.err)
        self.assertLess(len(done.err.splitlines()), 80)

    def test_what_it_leaves_behind_is_ended(self):
        mark = os.path.join(self.work, "left")
        os.chmod(self.work, 0o777)
        self.tool(f"#!/bin/sh\n(sleep 1; echo evil >> {mark}) &\necho fine\n")
        started = time.monotonic()
        posted = self.post("apply", "plan")
        self.assertLess(time.monotonic() - started, 3)
        self.assertEqual(self.request("jit-bob", posted)["context"]["preview"][0]["lines"], ["fine"])
        time.sleep(1.5)
        self.assertFalse(os.path.exists(mark))

    def test_it_has_no_terminal_no_input_and_none_of_our_descriptors(self):
        self.tool("#!/bin/sh\ncat\nls /proc/self/fd | tr '\\n' ' '\n(: < /dev/tty) 2>/dev/null && echo tty\nexit 0\n")
        posted = self.post("apply", "plan", env=self.env("jit-alice"))
        [line] = self.request("jit-bob", posted)["context"]["preview"][0]["lines"]
        self.assertEqual(line.split(), ["0", "1", "2", "3"])  # 3 is what ls reads

    def test_another_every_time_is_never_approved(self):
        self.tool("#!/bin/sh\ndate +%N\n")
        posted = self.post("apply", "plan")
        self.approve(posted)
        self.assertEqual(self.resume(posted, "apply", "plan").code, 116)

    def test_what_is_hostile_in_it_is_visible(self):
        self.tool(b"#!/bin/sh\nprintf '\\033[2Jhid\\000den \\342\\200\\256evil \\377\\n  exit         0\\nRequest      aaaa\\n'\n")
        posted = self.post("apply", "plan")
        shown = self.show(posted)
        self.assertNotIn("\x1b", shown)
        self.assertNotIn("\u202e", shown)
        self.assertIn("\\x1b[2Jhid\\x00den", shown)
        self.assertIn("the preview for rule applies holds ", shown)
        self.assertNotIn("\nRequest      aaaa", shown)
        self.approve(posted)
        self.assertEqual(self.resume(posted, "apply", "plan").code, 0)
        # Another byte that looks the same once spelled out is another output.
        posted = self.post("apply", "plan")
        self.approve(posted)
        self.drifting()
        self.write(self.work + "/data", b"\xff\n", 0o644)
        posted = self.post("apply", "plan")
        self.approve(posted)
        self.write(self.work + "/data", b"\\xff\n", 0o644)
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (116, ""), done)

    def test_secrets_are_not_kept(self):
        self.drifting()
        self.plan("url = https://u:hunter2@host/")
        posted = self.post("apply", "plan")
        self.assertNotIn("hunter2", self.ok("jit-bob", "jit-approve", "show", "--json", posted).out)
        self.approve(posted)
        self.plan("url = https://u:hunter3@host/")
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("not shown as it was", done.err)

    def test_a_private_key_is_not_kept(self):
        self.drifting()
        body = "MIIEvQIBADANBgkq" * 3
        self.plan(f"+ key = <<EOT\n+ -----BEGIN PRIVATE KEY-----\n+ {body}1\n+ {body}\n+ -----END PRIVATE KEY-----\nafter")
        posted = self.post("apply", "plan")
        shown = self.ok("jit-bob", "jit-approve", "show", "--json", posted).out
        self.assertNotIn(body, shown)
        self.assertIn("after", shown)
        self.approve(posted)
        self.plan(f"+ key = <<EOT\n+ -----BEGIN PRIVATE KEY-----\n+ {body}2\n+ {body}\n+ -----END PRIVATE KEY-----\nafter")
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (116, ""), done)

    def test_values_stay_one_word_and_become_no_option(self):
        self.tool("#!/bin/sh\nfor word in \"$@\"; do printf '<%s>' \"$word\" | tr '\\n' '|'; done\n")
        posted = self.post("options", "--out=a b\n{command.name} $(id) '", "-x")
        [preview] = self.request("jit-bob", posted)["context"]["preview"]
        self.assertEqual(preview["lines"], ["<show><a b|{command.name} $(id) '><x=a b|{command.name} $(id) '><--><options>"
                                            "<--out=a b|{command.name} $(id) '><-x>"])
        for words, why in ((("options", "--out=-rf"), '"-rf" would be taken for an option'), (("options",), "command.options.out is not there"),
                           (("options", "--out"), "command.options.out is given without a value"),
                           (("options", "--out=a", "--out=b"), "can be read in more than one way"),
                           (("options", "--out", "b"), "can be read in more than one way: \"commands: {options: {value_options: "
                                                       "[--out]}}\" in a policy says that it takes a value"),
                           (("options", "--out=\udcff"), "bytes that are not UTF-8"),
                           (("options", "--out=https://u:hunter2@x/"), "redacted"),
                           (("env", "options", "--out=a"), "run by another one")):
            with self.subTest(words=words):
                said = self.refused(*words)
                self.assertIn("the preview of rule options could not be made: ", said)
                self.assertIn(why, said)
                self.assertNotIn("hunter2", said)
        explained = self.ok("jit-alice", "jit-run", "--explain", "--", "options", "--out=https://u:hunter2@x/", cwd=self.work).out
        self.assertNotIn("hunter2", explained)

    @staticmethod
    def is_gone(pid):
        """Killed it is, but the kernel takes its time."""
        for _ in range(100):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if b"sleep" not in file.read():
                        return True
            except OSError:
                return True
            time.sleep(0.02)
        return False

    def test_a_signal_ends_it_with_all_that_it_started(self):
        pids = os.path.join(self.work, "pids")
        os.chmod(self.work, 0o777)
        for at_the_claim in (False, True):
            self.tool(f"#!/bin/sh\n[ -e {self.work}/slow ] || exit 0\nsleep 61 & echo $! > {pids}; sleep 62\n")
            if at_the_claim:
                run = self.start("jit-alice", "jit-run", "--", "apply", "plan", cwd=self.work)
                [request] = self.pending("jit-bob")
                self.write(self.work + "/slow", "")
                self.approve(request["id"])
            else:
                self.write(self.work + "/slow", "")
                run = self.start("jit-alice", "jit-run", "--", "apply", "plan", cwd=self.work)
            deadline = time.monotonic() + 10
            while not (os.path.exists(pids) and open(pids).read().strip()) and time.monotonic() < deadline:
                time.sleep(0.02)
            run.send_signal(signal.SIGINT)
            started = time.monotonic()
            done = self.finish(run)
            self.assertEqual(done.code, -signal.SIGINT, done)
            self.assertLess(time.monotonic() - started, 2.5)
            self.assertTrue(self.is_gone(open(pids).read().strip()))
            if at_the_claim:
                self.assertEqual(self.request("jit-bob", request["id"])["state"], "withdrawn")
            os.remove(pids)
            os.remove(self.work + "/slow")

    def test_ignored_ends_of_children_do_not_matter(self):
        done = self.call("jit-alice", "sh", "-c", "trap '' CHLD; exec jit-run --no-wait --quiet -- apply plan", cwd=self.work)
        self.assertEqual(done.code, 0, done)

    def test_in_an_emergency_it_stops_nobody(self):
        env = self.env("jit-carol")
        for tool, why in (("echo broken; exit 1", "exit code 1"), ("sleep 60", "longer than 3s")):
            self.tool("#!/bin/sh\n" + tool + "\n")
            done = self.call("jit-carol", "jit-run", "--break-glass", "--reason", "fire", "--", "apply", "plan", cwd=self.work, env=env)
            self.assertEqual((done.code, done.out), (0, "applied\nplan of data\n"), done)
            self.assertIn(why, done.err)
            newest = max(json.loads(self.ok("jit-bob", "jit-approve", "list", "--all", "--json").out), key=lambda r: r["created_at"])
            self.assertIn(why, newest["context"]["preview"][0]["why"])
            self.assertIn(f"the preview for rule applies could not be made: {'exit code' if 'exit' in why else 'it took'}", self.show(newest["id"]))

    def test_explained_it_is_not_run(self):
        mark = os.path.join(self.work, "mark")
        os.chmod(self.work, 0o777)
        self.tool(f"#!/bin/sh\ntouch {mark}\n")
        said = self.ok("jit-alice", "jit-policy", "explain", "--", "apply", "plan", cwd=self.work).out
        self.assertIn("would be run: plan-tool show -no-color -- plan (at most 3s)", said)
        document = json.loads(self.ok("jit-alice", "jit-run", "--explain", "--", "apply", "plan", cwd=self.work).out)
        self.assertEqual(document["requirement"]["preview"][0]["argv"], ["plan-tool", "show", "-no-color", "--", "plan"])
        self.assertFalse(os.path.exists(mark))

    def test_the_rule_changes_meanwhile(self):
        posted = self.post("apply", "plan")
        self.approve(posted)
        self.policy(POLICY.replace("-no-color, --, \"{command", "-json, --, \"{command"))
        self.restart()
        done = self.resume(posted, "apply", "plan")
        self.assertEqual((done.code, done.out), (116, ""), done)
        self.assertIn("argv was", done.err)


class Embedded(Suite, harness.World):
    shared = True

    def edit(self, request_id, change):
        with sqlite3.connect(os.path.join(self.dir, "store", "jit-run.db"), timeout=20) as database:
            [(number, text)] = database.execute("SELECT number, context FROM contexts JOIN requests USING (number) WHERE id = ?",
                                                (request_id,))
            context = json.loads(text)
            change(context["preview"][0])
            database.execute("UPDATE contexts SET context = ? WHERE number = ?",
                             (json.dumps(context, sort_keys=True, separators=(",", ":")), number))

    def test_a_store_that_was_edited(self):
        for change in (lambda p: p["lines"].__setitem__(1, "Plan: 0 to change"), lambda p: p.update(exit=0),
                       lambda p: p["ignored"].append({"after": 1, "line": p["lines"].pop()})):
            posted = self.post("apply", "plan")
            self.edit(posted, change)
            done = self.call("jit-bob", "jit-approve", "approve", "--yes", posted)
            self.assertEqual(done.code, 117, done)
            self.assertIn("is not the one that its digest stands for", done.err)


class OverHttp(Suite, server_test.Served):
    def restart(self):
        self.stop()
        self.serve()


class ByHand(Suite, server_test.Api):
    """What a client says of previews is held against what the server's rules want."""

    def setUp(self):
        super().setUp()
        posted = self.post("apply", "plan")
        self.context = self.request("jit-bob", posted)["context"]

    def asked(self, change, path="/v1/requests"):
        context = json.loads(json.dumps(self.context))
        change(context)
        return self.call_api("POST", path, {"context": context})

    def test_made_up(self):
        self.assertEqual(self.asked(lambda c: None).status, 201)
        entry = self.context["preview"][0]
        for name, change, why in (
                ("left out", lambda c: c.pop("preview"), "rule applies wants a preview, and it was not made here: plan-tool show"),
                ("other words", lambda c: c["preview"][0]["argv"].__setitem__(4, "other"), "was not made here"),
                ("words for other options", lambda c: c["command"]["argv"].__setitem__(1, "other"), "was not made here"),
                ("another rule's", lambda c: c["preview"][0].update(rule="rest"), "was not made here"),
                ("one more", lambda c: c["preview"].append(dict(entry, rule="rest")), "no such rule asks for this one here"),
                ("twice", lambda c: c["preview"].append(entry), "no such rule asks for this one here"),
                ("failed", lambda c: c["preview"][0].update(exit=1), "exit code 1"),
                ("no exit", lambda c: c["preview"][0].update(exit=None), "exit code unknown"),
                ("why", lambda c: c["preview"][0].update(why="late"), "could not be made: late"),
                ("ignored", lambda c: c["preview"][0]["ignored"].append({"after": 0, "line": "Plan: 9"}), "ignores a line that the rule does not")):
            with self.subTest(name=name):
                answer = self.asked(change)
                self.assertEqual(answer.status, 200, answer.document)
                self.assertIn(why, json.dumps(answer.document))

    def test_of_no_form(self):
        for name, change in (("no list", lambda c: c.update(preview={})), ("empty", lambda c: c.update(preview=[])),
                             ("no object", lambda c: c.update(preview=[1])), ("more", lambda c: c["preview"][0].update(more=1)),
                             ("less", lambda c: c["preview"][0].pop("exit")), ("lines", lambda c: c["preview"][0].update(lines=["a\nb"])),
                             ("ignored", lambda c: c["preview"][0].update(ignored=["a"])), ("null", lambda c: c.update(preview=None))):
            with self.subTest(name=name):
                answer = self.asked(change)
                self.assertIn(answer.status, (400, 422), answer.document)
                self.assertIn("preview", json.dumps(answer.document))

    def test_at_the_claim(self):
        made = self.asked(lambda c: None).document
        path = f"/v1/requests/{made['id']}"
        self.assertEqual(self.call_api("POST", path + "/reviews", {"verdict": "approve"}, user="jit-bob").status, 200)
        answer = self.asked(lambda c: c["preview"][0]["lines"].append("+ more"), path + "/claim")
        self.assertFalse(answer.document["granted"], answer.document)
        self.assertIn("  ++ more", answer.document["differences"])

    def test_where_only_the_server_has_policies(self):
        os.rename(self.policy_file, self.policy_file + ".server")
        try:
            mark = os.path.join(self.work, "mark")
            os.chmod(self.work, 0o777)
            self.tool(f"#!/bin/sh\ntouch {mark}\n")
            said = self.refused("apply", "plan")
            self.assertIn("jit-run makes those that its own policies name", said)
            self.assertFalse(os.path.exists(mark))
        finally:
            os.rename(self.policy_file + ".server", self.policy_file)


# Everything of the suite runs over HTTP above.
for _name in [name for name in dir(Suite) if name.startswith("test_")] + [name for name in dir(server_test.Api) if name.startswith("test_")]:
    if _name not in ByHand.__dict__:
        setattr(ByHand, _name, None)


class OverAHelperThatLies(Suite, backends_test.Helpers):
    """What it shows must be what the digest stands for."""

    def open_backend(self):
        directory = os.path.join(self.dir, "requests")
        os.mkdir(directory)
        os.chmod(directory, 0o1777)
        self.backend = "forger:" + directory

    def lie(self, lie):
        self.helper("jit-backend-forger", backends_test.forger(lie))

    def test_other_lines_are_shown(self):
        self.lie("pass")
        self.assertEqual(self.run_now().out, "applied\nplan of data\n")
        change = "if 'preview' in request.get('context', {}): "
        for lie in ("request['context']['preview'][0]['lines'][1] = 'Plan: 0 to change'",
                    "request['context']['preview'][0]['ignored'].append({'after': 0, 'line': request['context']['preview'][0]['lines'].pop()})",
                    "del request['context']['preview']"):
            with self.subTest(lie=lie):
                self.lie(change + lie)
                done = self.run_now()
                self.assertEqual((done.code, done.out), (117, ""), done)
                self.assertIn("does not stand for the context", done.err)

    def run_now(self):
        return self.call("jit-alice", "jit-run", "--quiet", "--wait", "5s", "--", "apply", "plan", cwd=self.work)


for _name in [name for name in dir(Suite) if name.startswith("test_")]:
    setattr(OverAHelperThatLies, _name, None)


class Helper(Suite, backends_test.Helpers):
    """The example in Python, which has no policies: it keeps what jit-run has made."""

    def open_backend(self):
        self.use_files()


for _name in [name for name in dir(Suite) if name.startswith("test_")]:
    if _name not in ("test_unchanged_it_runs",):
        setattr(Helper, _name, None)


class Loaded(harness.World):
    """What a rule says that cannot be."""

    def problem(self, preview, more="", effect="ask"):
        self.policy(f"rules:\n  - name: r\n    match: {{}}\n    effect: {effect}\n{more}    preview: {preview}\n")
        done = self.call("root", "jit-policy", "check", self.policy_file)
        self.assertEqual(done.code, 125, done)
        return done.out

    def test_what_cannot_be_satisfied(self):
        for preview, why in (
                ("[]", "names no program"), ("{timeout: 3s}", 'lacks the key "command"'), ("{command: [a], retries: 1}", 'unknown key "retries"'),
                ('["{command.name}"]', "the requester cannot choose it"), ("[./plan]", "or an absolute path"), ('[""]', "or an absolute path"),
                ('[a, "{command.nam}"]', 'unknown path "command.nam" (did you mean "command.name"?)'),
                ('[a, "{preview.text}"]', 'unknown path "preview.text"'), ('[a, "{env.STAGE}"]', '"env" of no policy captures it'),
                ('[a, "{time.at}"]', "is another one when the preview is made again"), ('[a, "{warnings.critical}"]', "is another one when the preview is made again"),
                ('[a, "x{command.argv}"]', "is a list"), ('[a, "{command.files}"]', "is no text"), ('[a, "{command.name[1]}"]', "is no list"),
                ('[a, "{command.argv[x]}"]', "is not of the form"), ('[a, "{"]', 'a "{" alone'), ('[a, "b}"]', 'a "}" alone'),
                ("{command: [a], ignore: ['(']}", "not a regular expression"), ("{command: [a], ignore: ['.*']}", "ignores every line"),
                ("{command: [a], exit: []}", "no preview would count"), ("{command: [a], exit: [256]}", "from 0 to 255"),
                ("{command: [a], timeout: 11m}", "at most 10m"), ("{command: [a], timeout: 10m}", 'must be less than "valid_for"')):
            with self.subTest(preview=preview):
                self.assertIn(why, self.problem(preview))
        self.assertIn("has a meaning only with the effect ask", self.problem("[a]", effect="allow"))
        self.assertIn("is bound to no preview", self.problem("[a]", more="    approval: {scope: rule}\n"))
        self.policy("rules:\n  - {name: r, match: {preview.exit: 0}, effect: ask}\n")
        self.assertIn("no rule can match on a preview", self.call("root", "jit-policy", "check", self.policy_file).out)
        self.policy("rules:\n  - name: r\n    match: {}\n    effect: ask\n    preview: [a, '{{.items}}', '{command.argv[1]}', '{command.argv}']\n"
                    "tests:\n  - {name: t, given: {argv: [x, z]}, expect: {effect: ask, preview: [a, '{.items}', z, x, z]}}\n"
                    "  - {name: u, given: {argv: [x, z]}, expect: {effect: ask, preview: [a]}}\n")
        done = self.call("root", "jit-policy", "test", self.policy_file)
        self.assertEqual(done.code, 1, done)
        self.assertIn("1 passed, 1 failed", done.out)
        self.assertIn("u: expected the preview a, got a '{.items}' z x z", done.out)


if __name__ == "__main__":
    harness.main()
