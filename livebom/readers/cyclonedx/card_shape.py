"""What is read of a model's card and of data, as structs; fields that are not named here are skipped."""

from msgspec import Struct

Text = str | None


class Property(Struct):
    """A name and a value; a name may occur more than once."""

    name: Text = None
    value: Text = None


class Organization(Struct):
    """Who supplies, makes or provides something."""

    name: Text = None


class Contact(Struct):
    """A person."""

    name: Text = None
    email: Text = None


class Steward(Struct):
    """Who answers for data: an organization or a person."""

    organization: Organization | None = None
    contact: Contact | None = None


class Governance(Struct):
    """Who answers for data."""

    custodians: list[Steward] | None = None
    stewards: list[Steward] | None = None
    owners: list[Steward] | None = None


class Contents(Struct):
    """Where data is."""

    url: Text = None


class DataSet(Struct, rename={"sensitive": "sensitiveData", "bom_ref": "bom-ref"}):
    """One entry of a component's `data`, or a data set of a model card: described in place, or by reference."""

    type: Text = None
    bom_ref: Text = None
    ref: Text = None
    name: Text = None
    url: Text = None
    """Not of the standard; the OWASP generator writes it in place of `contents`."""
    contents: Contents | None = None
    classification: Text = None
    sensitive: list[str] | str | None = None
    governance: Governance | None = None
    description: Text = None


class Format(Struct):
    """What a model takes or gives."""

    format: Text = None


class ModelParameters(Struct, rename="camel"):
    """What a model is."""

    task: Text = None
    architecture_family: Text = None
    model_architecture: Text = None
    datasets: list[DataSet] | None = None
    inputs: list[Format] | None = None
    outputs: list[Format] | None = None


class EnergyCost(Struct):
    """An amount of energy."""

    value: float | None = None
    unit: Text = None


class EnergyUse(Struct, rename={"cost": "activityEnergyCost"}):
    """What one activity, such as training, cost."""

    activity: Text = None
    cost: EnergyCost | None = None


class Environment(Struct, rename={"energy": "energyConsumptions"}):
    """What a model costs its surroundings."""

    energy: list[EnergyUse] | None = None
    properties: list[Property] | None = None


class Risk(Struct, rename={"mitigation": "mitigationStrategy"}):
    """What may go wrong."""

    name: Text = None
    mitigation: Text = None
    description: Text = None
    """Not of the standard; the OWASP generator writes it."""


class Considerations(
    Struct,
    rename={
        "limitations": "technicalLimitations",
        "environment": "environmentalConsiderations",
        "use_cases": "useCases",
        "ethical": "ethicalConsiderations",
    },
):
    """What a model's user should think of."""

    limitations: list[str] | None = None
    use_cases: list[str] | None = None
    ethical: list[Risk] | None = None
    environment: Environment | None = None


class Metric(Struct):
    """One measured figure."""

    type: Text = None
    value: Text = None


class Quantities(Struct, rename={"metrics": "performanceMetrics"}):
    """How well a model did."""

    metrics: list[Metric] | None = None


class ModelCard(Struct, rename={"parameters": "modelParameters", "analysis": "quantitativeAnalysis"}):
    """A model's card."""

    parameters: ModelParameters | None = None
    analysis: Quantities | None = None
    considerations: Considerations | None = None
    properties: list[Property] | None = None
