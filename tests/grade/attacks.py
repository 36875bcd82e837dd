"""Hostile notebooks. Each one that succeeds says so by answering right, and so earns points that it must not have.

They aim at canaries only: a marked file, a sleeping process of the test's own, a port of the test's own. When the
sandbox fails they are harmless: no loop over real files, no unbounded fork, no memory that is really used.
`CANARY`, `FOLDER`, `PID`, `PORT`, `SECRET` are names that the first cell defines.
"""

WRONG = {"q1": "def double(x):\n    return None", "q2": "count = None", "q3": "slope = None\nScaler = None"}
WIN = "count = 42"


def won(condition: str) -> str:
    """A cell that answers question 2 right when the attack worked."""
    return f"try:\n    count = 42 if ({condition}) else None\nexcept BaseException:\n    count = None"


def doing(action: str) -> str:
    """A cell that answers question 2 right when the action raises nothing."""
    body = "\n".join("    " + line for line in action.strip().splitlines())
    return f"count = None\ntry:\n{body}\n    count = 42\nexcept BaseException:\n    pass"


# the score is made elsewhere: patching what makes it changes nothing
FORGED_SCORES: dict[str, dict[str, str]] = {
    "numpy-testing-patched": {"before": "np.testing.assert_array_equal = np.testing.assert_allclose = lambda *a, **k: None"},
    "otter-patched": {
        "before": "import otter, otter.test_files as t\nt.test_case.call_func = lambda *a: None\n"
        "otter.Notebook.check = lambda *a: None"
    },
    "expect-patched": {
        "before": "import utils.check as c, sys\nc.expect = lambda *a, **k: None\n"
        "for m in list(sys.modules.values()):\n    if getattr(m, 'expect', None): m.expect = lambda *a, **k: None"
    },
    "eq-always-true": {"q2": "class E:\n    def __eq__(s, o): return True\n    __hash__ = None\ncount = E()"},
    "int-subclass": {"q2": "class I(int):\n    def __eq__(s, o): return True\n    def __hash__(s): return 42\ncount = I(0)"},
    "type-lies": {"q2": "class T:\n    __class__ = int\n    def __eq__(s, o): return True\ncount = T()"},
    "array-trick": {
        "q1": "class A:\n    shape = (2, 2)\n    dtype = float\n    def __array__(s, *a, **k): return np.zeros(3)\n"
        "    def __eq__(s, o): return True\ndef double(x):\n    return A()"
    },
    "object-dtype": {
        "q1": "class E:\n    def __eq__(s, o): return True\n    def __rsub__(s, o): return 0\n    __sub__ = __rsub__\n"
        "def double(x):\n    a = np.empty(x.shape, object); a[...] = E(); return a"
    },
    "array-subclass": {
        "q1": "class S(np.ndarray):\n    def __array_ufunc__(s, *a, **k): return True\n    def __eq__(s, o): return True\n"
        "    def __array_function__(s, *a, **k): return True\ndef double(x):\n    return (0 * x).view(S)"
    },
    "masked-array": {"q1": "def double(x):\n    return np.ma.masked_all(x.shape)"},
    "nan": {"q1": "def double(x):\n    return np.full(x.shape, np.nan)"},
    "infinity": {"q1": "def double(x):\n    return np.full(x.shape, np.inf)"},
    "structured-array": {"q1": "def double(x):\n    return np.zeros(x.shape, [('a', 'f8')])"},
    "inputs-zeroed": {"q1": "def double(x):\n    x[...] = 0\n    return x"},
    "inputs-resized": {"q1": "def double(x):\n    x.shape = (-1,)\n    x.strides = (0,)\n    return x"},
    "frames-walked": {
        "q1": "import sys\ndef double(x):\n    f = sys._getframe()\n    while f is not None:\n        for v in list(f.f_locals.values()):\n"
        "            if callable(v) and getattr(v, '__name__', '') == 'reference': return v(x)\n        f = f.f_back"
    },
    "garbage-collector-walked": {
        "q2": "import gc\ntexts = [str(o) for o in gc.get_objects() if isinstance(o, (dict, list, tuple)) and len(o) < 50]\n"
        "needle = ''.join(['HIDDEN-', 'TEXT-', '7f3a'])\n" + won("any(needle in t for t in texts)")
    },
    "profile-hook": {"before": "import sys, threading\nsys.setprofile(lambda *a: None)\nthreading.settrace(lambda *a: None)"},
    "ast-transformer": {
        "before": "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(s, n): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Strip())"
    },
    "builtins-patched": {"before": "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.abs = lambda x: 0\nbuiltins.type = lambda *a: int"},
    "json-patched": {"before": "import json\njson.dumps = lambda *a, **k: '{\"value\": \"full\"}'"},
    "encode-patched": {
        "before": "import sys\nfor n, m in list(sys.modules.items()):\n    if n.endswith('notebook.student'):\n"
        "        m.Student._answer = lambda *a: ({'value': True, 'passed': True, 'score': 9}, [])"
    },
    "score-in-reply": {
        "before": "import sys\nfor n, m in list(sys.modules.items()):\n    if n.endswith('notebook.student'):\n"
        "        m.Student._answer = lambda *a: ({'score': 9, 'status': 'graded', 'questions': []}, [])"
    },
    "pickle-returned": {
        "q2": "import pickle\nclass P:\n    def __reduce__(s): return (open, (CANARY + '.pickled', 'w'))\ncount = pickle.dumps(P())",
        "q1": "class P:\n    def __reduce__(s): return (open, (CANARY + '.pickled', 'w'))\ndef double(x):\n    return P()",
    },
    "pickle-dump-wrapped": {"before": "import pickle\nold = pickle.dump\npickle.dump = lambda o, f, *a: old({'score': 9}, f)"},
    "frame-forged": {
        "before": "import os, struct, json\nb = json.dumps({'value': 'full'}).encode()\nos.write(3, struct.pack('<II', len(b), 0) + b)"
    },
    "frames-flooded": {
        "before": "import os, struct, json\nb = json.dumps({'value': 'full'}).encode()\n"
        "for _ in range(500): os.write(3, struct.pack('<II', len(b), 0) + b)"
    },
    "frame-huge-header": {"before": "import os, struct\nos.write(3, struct.pack('<II', 0xffffffff, 0xffffffff))"},
    "frame-not-json": {"before": "import os, struct\nos.write(3, struct.pack('<II', 4, 0) + b'@@@@')"},
    "frame-deep-json": {"before": "import os, struct\nb = b'[' * 100000\nos.write(3, struct.pack('<II', len(b), 0) + b)"},
    "frame-bad-array": {
        "before": "import os, struct, json\nb = json.dumps({'value': {'a': ['<f8', [10**9, 10**9]]}}).encode()\n"
        "os.write(3, struct.pack('<II', len(b), 0) + b)"
    },
    "checks-called-many-times": {"before": "for _ in range(300): grader.check('q2')", "q2": "count = None"},
    "check-inside-a-call": {"q1": "def double(x):\n    grader.check('q1')\n    grader.check('q2')\n    return None"},
    "callback-forged": {
        "q3": "Scaler = None\ndef slope(f, x):\n    import sys\n"
        "    s = next(m for n, m in sys.modules.items() if n.endswith('notebook.student'))\n"
        "    for n in (-1, 7, 10**9, 'x', None):\n        try: f.__closure__[0].cell_contents\n        except Exception: pass\n    return f"
    },
    "answer-is-a-proxy-of-the-test": {"q3": "Scaler = None\ndef slope(f, x):\n    return f(f)"},
}  # fmt: skip

# what can be read, written or reached
REACHING_OUT: dict[str, dict[str, str]] = {
    "reads-a-file-outside": {"q2": won("open(CANARY).read()")},
    "writes-a-file-outside": {"q2": doing("open(CANARY + '.written', 'w').write('x')")},
    "deletes-a-file": {"q2": doing("import os; os.remove(CANARY)")},
    "deletes-a-folder": {"q2": doing("import shutil; shutil.rmtree(FOLDER)")},
    "renames-a-file": {"q2": doing("import os; os.rename(CANARY, CANARY + '.moved')")},
    "symlink-to-a-file": {"q2": won("(__import__('os').symlink(CANARY, 'link') or open('link').read())")},
    "hard-link": {"q2": doing("import os; os.link(CANARY, 'hard')")},
    "climbs-out": {"q2": won("open('/' + '../' * 20 + CANARY.lstrip('/')).read()")},
    "reads-through-proc": {"q2": won("open('/proc/self/root' + CANARY).read() or open('/proc/1/root' + CANARY).read()")},
    "reads-another-process": {"q2": won("open(f'/proc/{PID}/environ', 'rb').read() or open(f'/proc/{PID}/mem', 'rb')")},
    "looks-for-tests": {
        "q2": "import glob, re\nfound = [p for q in ('/tmp/grader-tests-*/*.py', '../tests/*.py', 'tests/*.py', '../*/*.py', '/grade/*/*.py')"
        " for p in glob.glob(q)]\n" + won("any('HIDDEN-TEXT-' + '7f3a' in open(p).read() for p in found)")
    },
    "reads-the-environment": {"q2": won("SECRET in ''.join(__import__('os').environ.values())")},
    "changes-utils": {"q2": doing("open('../utils/__init__.py', 'a')")},
    "changes-the-grader": {"q2": doing("import sys\nopen(next(m.__file__ for n, m in sys.modules.items() if n.endswith('jail.wire')), 'a')")},
    "opens-a-socket": {"q2": doing("import socket; socket.create_connection(('127.0.0.1', PORT), 1)")},
    "opens-a-udp-socket": {"q2": doing("import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))")},
    "opens-a-unix-socket": {"q2": doing("import socket; socket.socket(socket.AF_UNIX).bind('here')")},
    "asks-a-web-server": {"q2": doing("import urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{PORT}', timeout=1)")},
    "signals-a-process": {"q2": doing("import os; os.kill(PID, 9)")},
    "signals-its-parent": {"q2": doing("import os; os.kill(os.getppid(), 0)\nassert os.getppid() > 1")},
    "queues-a-signal": {"q2": won("__import__('ctypes').CDLL(None).sigqueue(PID, 9, 0) == 0")},
    "opens-a-pidfd": {"q2": doing("import os; os.pidfd_open(PID)")},
    "traces-a-process": {"q2": won("__import__('ctypes').CDLL(None).ptrace(16, PID, 0, 0) == 0")},
    "reads-memory": {"q2": won("__import__('ctypes').CDLL(None).process_vm_readv(PID, 0, 0, 0, 0, 0) == 0")},
    "forks": {"q2": doing("import os\nif os.fork() == 0: os._exit(0)")},
    "forks-by-a-raw-call": {"q2": won("__import__('ctypes').CDLL(None).syscall(435, None, 0) == 0")},
    "starts-a-shell": {"q2": won("__import__('os').system('touch ' + CANARY + '.shell') == 0")},
    "starts-a-program": {"q2": doing("import subprocess; subprocess.run(['/bin/true'], check=True)")},
    "multiprocessing": {"q2": doing("import multiprocessing as m\np = m.Process(target=print); p.start(); p.join(2)")},
    "becomes-another-program": {"q2": "import os\ntry: os.execv('/bin/sleep', ['sleep', '1'])\nexcept OSError: count = None"},
    "mounts": {"q2": won("__import__('ctypes').CDLL(None).mount(b'tmpfs', b'/grade', b'tmpfs', 0, None) == 0")},
    "new-namespace": {"q2": won("__import__('ctypes').CDLL(None).unshare(0x10000000) == 0")},
    "chroot": {"q2": doing("import os; os.mkdir('r'); os.chroot('r')")},
    "becomes-root": {"q2": doing("import os; os.setuid(0 if os.getuid() else 1)")},
    "raises-its-limits": {"q2": doing("import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))")},
    "shared-memory": {"q2": won("__import__('ctypes').CDLL(None).shmget(77, 4096, 0o1666) >= 0")},
    "keyring": {"q2": won("__import__('ctypes').CDLL(None).syscall(250, 0, -3, 1) >= 0")},
    "io-uring": {"q2": won("__import__('ctypes').CDLL(None).syscall(425, 4, __import__('ctypes').create_string_buffer(256)) >= 0")},
    "bpf": {"q2": won("__import__('ctypes').CDLL(None).syscall(321, 0, 0, 0) >= 0")},
}  # fmt: skip

# what hangs, crashes or floods; the score each one may have: q2 and q3 are right, q1 is attacked
BREAKING: dict[str, dict[str, str]] = {
    "endless-loop": {"q1": "def double(x):\n    while True: pass"},
    "endless-loop-that-catches": {
        "q1": "def double(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass"
    },
    "sleep": {"q1": "import time\ndef double(x):\n    time.sleep(1e6)"},
    "alarm-switched-off": {
        "q1": "import signal, time\ndef double(x):\n    signal.setitimer(signal.ITIMER_REAL, 0)\n    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    time.sleep(1e6)"
    },
    "endless-c-loop": {"q1": "def double(x):\n    return sum(range(10**13))"},
    "recursion": {"q1": "def double(x):\n    return double(x)"},
    "recursion-without-limit": {"q1": "import sys\nsys.setrecursionlimit(10**9)\ndef double(x):\n    return double(x)"},
    "segfault": {"q1": "import ctypes\ndef double(x):\n    ctypes.string_at(0)"},
    "abort": {"q1": "import os\ndef double(x):\n    os.abort()"},
    "exit": {"q1": "import os\ndef double(x):\n    os._exit(0)"},
    "sys-exit": {"q1": "import sys\ndef double(x):\n    sys.exit(0)"},
    "keyboard-interrupt": {"q1": "def double(x):\n    raise KeyboardInterrupt"},
    "kills-itself": {"q1": "import os\ndef double(x):\n    os.kill(os.getpid(), 9)"},
    "memory": {"q1": "def double(x):\n    return np.empty(1 << 34, 'u1')"},
    "large-answer": {"q1": "def double(x):\n    return np.empty(200 << 20, 'u1')"},
    "large-integer": {"q1": "def double(x):\n    return 1 << 10_000_000"},
    "large-text": {"q1": "def double(x):\n    return 'x' * 50_000_000"},
    "large-dictionary": {"q1": "def double(x):\n    return {i: i for i in range(1_000_000)}"},
    "deep-answer": {"q1": "def double(x):\n    a = []\n    for _ in range(100_000): a = [a]\n    return a"},
    "answer-holds-itself": {"q1": "def double(x):\n    a = []\n    a.append(a)\n    return a"},
    "generator": {"q1": "def double(x):\n    while True: yield 1"},
    "power-tower": {"q1": "import sympy as sp\ndef double(x):\n    return sp.Pow(sp.Pow(9, 9, evaluate=False), sp.Pow(9, sp.Integer(9)**9, evaluate=False), evaluate=False)"},
    "long-message": {"q1": "def double(x):\n    raise ValueError('x' * 50_000_000)"},
    "message-hangs": {"q1": "class E(Exception):\n    def __str__(s):\n        while True: pass\ndef double(x):\n    raise E"},
    "message-with-tricks": {
        "q1": "def double(x):\n    raise ValueError('<script>alert(1)</script>\\x1b[2J\\ud800\\x00 =cmd() [mistake: flipped-kernel]')"
    },
    "name-with-tricks": {"q1": "def double(x):\n    return None\ndouble.__name__ = '<script>' * 1000"},
    "output-flood": {"q1": "def double(x):\n    for _ in range(400): print('x' * 100_000)"},
    "raw-output-flood": {"q1": "import os\ndef double(x):\n    for _ in range(400): os.write(1, b'x' * 100_000)"},
    "disk-flood": {"q1": "def double(x):\n    with open('big', 'wb') as f:\n        for _ in range(90): f.write(bytes(1 << 20))"},
    "many-files": {"q1": "def double(x):\n    for i in range(6000): open(f'f{i}', 'w').close()"},
    "many-threads": {
        "q1": "import threading, time\ndef double(x):\n    for _ in range(3000): threading.Thread(target=time.sleep, args=(1,), daemon=True).start()"
    },
    "thread-stays": {"q1": "import threading\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()\ndef double(x):\n    return None"},
    "closes-descriptors": {"q1": "import os\ndef double(x):\n    os.closerange(0, 256)"},
    "replaces-the-line": {"q1": "import os\ndef double(x):\n    os.dup2(os.open('/dev/null', os.O_RDWR), 3)\n    return x"},
    "descriptors-used-up": {"q1": "keep = []\ndef double(x):\n    while True: keep.append(open('/dev/null'))"},
    "syntax-error": {"q1": "def double(x:\n    return"},
    "null-byte": {"q1": "x = 'a\x00b'\ndef double(x): return None"},
    "destructor": {"q1": "class D:\n    def __del__(s):\n        while True: pass\ndef double(x):\n    D(); return None"},
    "exit-hook": {"q1": "import atexit\natexit.register(lambda: [None for _ in iter(int, 1)])\ndef double(x): return None"},
    "garbage-hook": {"q1": "import gc\ngc.callbacks.append(lambda *a: 1 / 0)\ndef double(x): return None"},
    "deletes-names": {"q1": "import sys\nsys.modules.clear()\nglobals().pop('double', None)"},
    "stdin": {"q1": "def double(x): return input('?')"},
}  # fmt: skip

# cells in which a loss must cost the cell alone
IN_A_CELL: dict[str, dict[str, str]] = {
    "cell-never-ends": {"after": "while True: pass"},
    "cell-never-ends-and-catches": {"before": "while True:\n    try:\n        while True: pass\n    except BaseException: pass"},
    "cell-exits": {"after": "import os; os._exit(3)"},
    "cell-closes-everything": {"before": "import os; os.closerange(0, 256)"},
    "cell-raises-exit": {"before": "raise SystemExit"},
    "cell-magics": {"before": "%matplotlib inline\n!touch here\n%%time\nx = !ls"},
    "cell-deletes-its-folder": {"before": "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)"},
}  # fmt: skip
